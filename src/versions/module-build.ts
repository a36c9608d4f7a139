const MODULE_BUILD = /\.module[_+]/;

/** Whether an rpm version is one of a module stream's builds: `.module_el8.6.0+…` (AlmaLinux, Rocky), `.module+el8.6.0+…` (Red Hat). */
export function isModuleBuild(version: string): boolean {
  return version.includes('.module') && MODULE_BUILD.test(version);
}
