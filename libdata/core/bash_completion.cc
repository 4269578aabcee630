#include "libdata/core/bash_completion.h"

#include <fmt/format.h>

#include <algorithm>

namespace stoker {
namespace {

// What compgen offers for a value: files, folders, or nothing, where it is a number or a name.
std::string offered(const OptionRow& row) {
  if (!row.choices.empty()) return fmt::format("words='{}'", fmt::join(row.choices, " "));
  if (row.value == "DIR") return "paths=-d";
  if (row.value == "FILE" || row.value == "PATH" || row.value == "[PATH]" || row.value == "TEXT")
    return "paths=-f";
  return "return";
}

}  // namespace

std::string bash_completion(const OptionTable& table) {
  std::vector<std::string> names;
  std::string cases;
  for (const OptionRow& row : table.rows) {
    if (row.positional) continue;
    names.insert(names.end(), row.names.begin(), row.names.end());
    if (row.value.empty()) continue;  // a flag
    cases += fmt::format("    {}) {} ;;\n", fmt::join(row.names, "|"), offered(row));
  }
  std::string function = "_stoker_" + table.program;
  std::replace(function.begin(), function.end(), '-', '_');
  // bash makes "--name=value" three words: the name, "=" and the value.
  return "# bash completion of " + table.program + ", written by --bash-completion\n" + function +
         "() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local words='' paths=''\n"
         "  COMPREPLY=()\n"
         "  [ \"$word\" = = ] && word=''\n"
         "  [ \"$before\" = = ] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "  case $before in\n" +
         cases +
         fmt::format("    *) case $word in\n         -*) words='{}' ;;\n", fmt::join(names, " ")) +
         "         *) paths=-f ;;\n"
         "       esac ;;\n"
         "  esac\n"
         "  if [ -n \"$paths\" ]; then\n"
         "    compopt -o filenames 2> /dev/null\n"
         "    mapfile -t COMPREPLY < <(compgen $paths -- \"$word\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -F " +
         function + " " + table.program + "\n";
}

}  // namespace stoker
