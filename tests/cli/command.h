// Running a program as a user would: command line in, exit code and both outputs out.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/temp_folder.h"

namespace stoker::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + signal where a signal ended it, as a shell says
  std::string out;
  std::string err;
};

class CommandTest : public FolderTest {
 protected:
  // Runs `command` through the shell, in folder_, with the built programs first on PATH.
  CommandResult run(const std::string& command) const {
    const std::string line = "cd '" + folder_.string() + "' && PATH=" + STOKER_BIN_DIR +
                             ":$PATH && export PATH && { " + command + "\n} >.out 2>.err";
    const int status = std::system(line.c_str());
    CommandResult result;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = text_of(folder_ / ".out");
    result.err = text_of(folder_ / ".err");
    return result;
  }

  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
};

}  // namespace stoker::testing
