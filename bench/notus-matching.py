"""Times the matching of notus-scanner alone, in its own library: no daemon, no broker, no reading of files.

Usage: notus-matching.py LIBRARY PRODUCT PACKAGES SECONDS. PRODUCT is a notus product file, PACKAGES a JSON list of
[name, version] (deb) or of full names (rpm). Prints one JSON object: median seconds of a round, findings.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, sys.argv[1])

from notus.scanner.loader.gpg_sha_verifier import VerificationResult  # noqa: E402
from notus.scanner.loader.json import JSONAdvisoriesLoader  # noqa: E402
from notus.scanner.models.packages import package_class_by_type  # noqa: E402
from notus.scanner.scanner import NotusScanner  # noqa: E402

product = Path(sys.argv[2])
loader = JSONAdvisoriesLoader(product.parent, verify=lambda _: VerificationResult.SUCCESS)
advisories = loader.load_package_advisories(product.stem)
package_class = package_class_by_type(advisories.package_type)
packages = []
for item in json.loads(Path(sys.argv[3]).read_text()):
    if isinstance(item, str):
        package = package_class.from_full_name(item)
    else:
        package = package_class.from_name_and_full_version(item[0], item[1])
    if package is not None:
        packages.append(package)

scanner = NotusScanner(loader, publisher=None)
times = []
ends = time.perf_counter() + float(sys.argv[4])
while not times or time.perf_counter() < ends:
    started = time.perf_counter()
    found = scanner._start_scan(packages, advisories)
    times.append(time.perf_counter() - started)
print(json.dumps({
    "seconds": median(times),
    "packages": len(packages),
    "advisories": len(found.get()),
    "rounds": len(times),
}))
