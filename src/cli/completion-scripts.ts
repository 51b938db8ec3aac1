/** What `normface completion` prints: how each shell asks `normface complete` for candidates. Where there are none, it offers files. */

import type { Context } from './context.node.ts';

const scripts = {
  bash: `_normface() {
  local IFS=$'\\n'
  COMPREPLY=($(normface complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o bashdefault -o default -F _normface normface
`,
  zsh: `#compdef normface
_normface() {
  local line word about
  local -a found
  for line in "\${(@f)$(normface complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=\${line%%$'\\t'*} about=\${line#*$'\\t'}
    [[ -n $word ]] && found+=("\${word//:/\\\\:}\${about:+:$about}")
  done
  if (( $#found )); then _describe normface found; else _files; fi
}
if [[ $funcstack[1] == _normface ]]; then _normface "$@"; else compdef _normface normface; fi
`,
  fish: `function __normface_candidates
    set -l words (commandline -opc) (commandline -ct)
    normface complete -- $words[2..-1] 2>/dev/null
end
complete -c normface -f -n 'count (__normface_candidates) >/dev/null' -a '(__normface_candidates)'
`,
};

export async function completion(context: Context, shell: keyof typeof scripts) {
  context.say(scripts[shell].trimEnd());
  return { shell, script: scripts[shell] };
}
