/**
 * `GET /agent/install.sh`: a shell script that installs the agent it carries, for
 * `curl -fsSL https://parapet.example/agent/install.sh | sh -s -- TOKEN`. It knows the address it came from.
 */
import { readFile } from 'node:fs/promises';
import { appError } from '../../errors.ts';
import { type Endpoint, openEndpoint } from '../endpoint.ts';

/** From `src/api/agent` and from `dist/api/agent` alike. */
const AGENT_FILE = new URL('../../../src/agent/parapet-agent.sh', import.meta.url);
const END_OF_AGENT = 'END_OF_PARAPET_AGENT';

/** A host name or address with a port, as a browser or curl sends it: nothing that means anything to a shell. */
const HOST = /^(?:[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

export function installScriptEndpoint(parts: {
  readonly publicUrl: () => string;
  readonly publicUrlIsConfigured: boolean;
}): Endpoint {
  let agent: Promise<string> | undefined;
  return openEndpoint({
    operation: 'ShowAgentInstallScript',
    method: 'GET',
    url: '/agent/install.sh',
    summary: 'A shell script that installs the agent, enrols the machine and sends its first report',
    handler: async ({ header }) => {
      agent ??= readFile(AGENT_FILE, 'utf8');
      const url = parts.publicUrlIsConfigured
        ? parts.publicUrl()
        : originOf(parts.publicUrl(), header('host'));
      return { bytes: installScript(url, await agent), contentType: 'text/x-shellscript; charset=utf-8' };
    },
  });
}

/** The address that the asker used: the name it gave, by the protocol that this service speaks. */
function originOf(listeningAt: string, host: string | undefined): string {
  if (host === undefined || !HOST.test(host)) {
    throw appError('parameter-invalid', {
      name: 'Host',
      problem:
        'not a host name or address with a port; set PARAPET_PUBLIC_URL to the address to install from',
    });
  }
  return `${listeningAt.startsWith('https:') ? 'https' : 'http'}://${host}`;
}

/** The script for an agent that is to report to `url`. Everything is in one function, so that half a download does nothing. */
export function installScript(url: string, agent: string): string {
  return `#!/bin/sh
# Installs Parapet's agent for Linux, enrols this machine, sends its first report and sets a timer:
#   curl -fsSL ${commentText(url)}/agent/install.sh | sh -s -- [--ca FILE] [--proxy URL] [--no-timer] TOKEN
# The token may also come in PARAPET_ENROL_TOKEN. On an enrolled machine it may be left out: then the agent is renewed.
set -u

install_parapet_agent() {
  url=${shellText(url)}
  program=\${PARAPET_AGENT_BIN:-/usr/local/sbin/parapet-agent}
  token=\${PARAPET_ENROL_TOKEN:-}
  timer=yes
  left=$#
  while [ "$left" -gt 0 ]; do
    case $1 in
      --no-timer) timer= ;;
      --again) set -- "$@" "$1" ;;
      --ca | --proxy)
        if [ "$left" -lt 2 ]; then echo "install.sh: $1 needs a value" >&2; return 2; fi
        set -- "$@" "$1" "$2"
        shift
        left=$((left - 1))
        ;;
      -*) echo "install.sh: unknown option $1; known are --ca FILE, --proxy URL, --again and --no-timer" >&2; return 2 ;;
      *) token=$1 ;;
    esac
    shift
    left=$((left - 1))
  done
  mkdir -p "\${program%/*}" 2>/dev/null
  if ! write_parapet_agent 2>/dev/null >"$program.new"; then
    echo "install.sh: $program cannot be written: run it as root (curl ... | sudo sh -s -- TOKEN), or choose another place with PARAPET_AGENT_BIN" >&2
    return 1
  fi
  chmod 755 "$program.new" && mv -f "$program.new" "$program" || return 1
  echo "installed $program"
  if [ -n "$token" ]; then
    printf '%s\\n' "$token" | "$program" enrol "$@" "$url" - || return $?
  else
    "$program" status >/dev/null 2>&1
    if [ $? -eq 3 ]; then
      echo "install.sh: this machine is not enrolled; give a token: curl ... | sh -s -- TOKEN" >&2
      return 2
    fi
  fi
  "$program" report </dev/null
  reported=$?
  if [ -n "$timer" ]; then "$program" install </dev/null || return $?; fi
  return "$reported"
}

write_parapet_agent() {
  cat <<'${END_OF_AGENT}'
${agent.endsWith('\n') ? agent : `${agent}\n`}${END_OF_AGENT}
}

install_parapet_agent "$@"
`;
}

function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function commentText(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, '');
}
