// Running a program as a user would: command line in, exit code and both outputs out.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
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

  void expect_success(const std::string& command) const {
    const CommandResult result = run(command);
    ASSERT_EQ(result.exit_code, 0) << command << "\n" << result.err;
  }

  // Every file below a folder but those of the program's own records, by path.
  std::map<std::string, std::string> files_below(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / name)) {
      const std::string path = entry.path().lexically_relative(folder_ / name).generic_string();
      if (entry.is_regular_file() && path.front() != '.') files[path] = text_of(entry.path());
    }
    return files;
  }

  // Python with a module that a test needs; empty: none here. STOKER_PYTHON says which Python.
  static std::string python_with(const std::string& module) {
    const char* named = std::getenv("STOKER_PYTHON");
    const std::string python = named != nullptr ? named : "/usr/bin/python3";
    const std::string command = python + " -c 'import " + module + "' 2>/dev/null";
    return std::system(command.c_str()) == 0 ? python : std::string();
  }

  static std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
};

}  // namespace stoker::testing
