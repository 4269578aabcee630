// What run_program promises of every program: signals, descriptors, the command line.
#include "libdata/core/program.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/stop.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;

struct Values {
  double rate = 0.1;
  uint64_t seed = 0;
  uint64_t epochs = 1;
  int64_t offset = 0;
};

using Body = std::function<int(const Values& values)>;

// A child that runs a program of three options; what it says on stderr goes to a file.
class ProgramTest : public FolderTest {
 protected:
  pid_t start(std::vector<std::string> arguments, const Body& body,
              const std::function<void()>& prepare = {}) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int said = ::open((folder_ / "said").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ::dup2(said, STDERR_FILENO);
    for (const int number : {SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2})
      std::signal(number, SIG_DFL);  // whoever runs the tests may have had them ignored
    if (prepare) prepare();
    arguments.insert(arguments.begin(), "test-program");
    std::vector<char*> argv;
    for (std::string& argument : arguments)
      argv.push_back(argument.data());
    Values values;
    const int code = run_program(
        static_cast<int>(argv.size()), argv.data(), {"test-program", "Tests."},
        [&](CLI::App& app) {
          app.add_option("--learning-rate", values.rate, "A real number");
          app.add_option("--seed", values.seed, "A count");
          app.add_option("--epochs", values.epochs, "A count");
          app.add_option("--offset", values.offset, "A whole number");
        },
        [&](const CommonOptions&) { return body(values); });
    ::_exit(code);
  }

  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  int run(const std::vector<std::string>& arguments) const {
    return wait_for(start(arguments, [](const Values&) { return 0; }));
  }

  std::string said() const { return read_text_file(folder_ / "said"); }

  // Tells the parent that it works, then works until it is stopped.
  Body work_until_stopped() const {
    return [this](const Values&) {
      throw_if_stopped();
      std::ofstream(folder_ / "at_work") << "x";
      for (;;) {
        throw_if_stopped();
        ::usleep(1000);
      }
      return 0;
    };
  }

  void wait_until_at_work() const {
    for (int i = 0; i < 5000 && !std::filesystem::exists(folder_ / "at_work"); ++i)
      ::usleep(1000);
  }
};

TEST_F(ProgramTest, ClosedTerminalStopsLikeSigterm) {
  const pid_t child = start({}, work_until_stopped());
  wait_until_at_work();
  ::kill(child, SIGHUP);
  EXPECT_EQ(wait_for(child), 128 + SIGHUP);
  EXPECT_THAT(said(), HasSubstr("stopped by signal 1"));
}

TEST_F(ProgramTest, ClosedTerminalIsIgnoredUnderNohupAndUserSignalsAlways) {
  const pid_t child = start({}, work_until_stopped(), [] { std::signal(SIGHUP, SIG_IGN); });
  wait_until_at_work();
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2})
    ::kill(child, number);
  ::usleep(50'000);
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "still at work";
  ::kill(child, SIGTERM);
  EXPECT_EQ(wait_for(child), 128 + SIGTERM);
}

TEST_F(ProgramTest, OneSigtermEndsAHangBeforeTheFirstLoop) {
  const pid_t child = start({}, [this](const Values&) {
    std::ofstream(folder_ / "at_work") << "x";
    for (;;)
      ::pause();
    return 0;
  });
  wait_until_at_work();
  ::kill(child, SIGTERM);
  EXPECT_EQ(wait_for(child), 128 + SIGTERM);
}

TEST_F(ProgramTest, ReaderThatGoesAwayEndsTheRunCleanly) {
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe(ends.data()), 0);
  const auto body = [this](const Values&) {
    struct PutAway {
      std::filesystem::path path;
      ~PutAway() { std::ofstream(path) << "x"; }
    } put_away{folder_ / "put_away"};
    for (;;) {
      throw_if_stopped();
      std::puts("a line");
      std::fflush(stdout);
    }
    return 0;
  };
  const pid_t child = start({}, body, [&] {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
  });
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_EQ(wait_for(child), 128 + SIGPIPE);
  EXPECT_EQ(said(), "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "put_away"));
}

// Else the first file that is opened gets what is printed.
TEST_F(ProgramTest, ClosedDescriptorsAreNotTakenByFiles) {
  const auto body = [this](const Values&) {
    AtomicFile file(folder_ / "data");
    file.write(as_bytes("data"));
    std::fputs("a warning\n", stderr);
    std::puts("a result");
    std::fflush(stdout);
    file.finish();
    return 0;
  };
  const pid_t child = start({}, body, [] {
    for (int number = 0; number <= 2; ++number)
      ::close(number);
  });
  EXPECT_EQ(wait_for(child), 0);
  EXPECT_EQ(read_text_file(folder_ / "data"), "data");
}

TEST_F(ProgramTest, TakesAllTheDescriptorsThatItMayHave) {
  constexpr rlim_t kMost = 200;
  const auto body = [](const Values&) {
    for (rlim_t i = 0; i < kMost - 10; ++i)
      if (::open("/dev/null", O_RDONLY) < 0) return kExitEnvironment;
    return kExitDone;
  };
  const pid_t child = start({}, body, [] {
    const rlimit few{64, kMost};
    ::setrlimit(RLIMIT_NOFILE, &few);
  });
  EXPECT_EQ(wait_for(child), kExitDone);
}

TEST_F(ProgramTest, UnknownOptionNamesTheNearest) {
  EXPECT_EQ(run({"--epoch", "7"}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("--epoch (did you mean --epochs?)"));
  EXPECT_EQ(run({"--learnign-rate=1"}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("--learning-rate?"));
  EXPECT_EQ(run({"--zzzzzz", "7"}), kExitUsage);
  EXPECT_THAT(said(), ::testing::Not(HasSubstr("did you mean")));
}

TEST_F(ProgramTest, ConfigFileWithAnUnknownKeyOrSectionIsRefused) {
  const std::string config = (folder_ / "config.toml").string();
  write_file_atomically(config, "epoch=7\n");
  EXPECT_EQ(run({"--config", config}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("'epoch' (did you mean --epochs?)"));
  write_file_atomically(config, "[train]\nepochs=7\n");
  EXPECT_EQ(run({"--config", config}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("section"));
  EXPECT_THAT(said(), HasSubstr("train"));
  EXPECT_EQ(run({"--config", (folder_ / "none").string()}), kExitUsage);
}

// As an editor of Windows saves it.
TEST_F(ProgramTest, ConfigFileMayHaveAByteOrderMarkAndCrlf) {
  const std::string config = (folder_ / "config.toml").string();
  write_file_atomically(config,
                        "\xef\xbb\xbf"
                        "epochs = 7\r\nlearning-rate = 0.5\r\n");
  const pid_t child = start({"--config", config}, [](const Values& values) {
    return values.epochs == 7 && values.rate == 0.5 ? 0 : 1;
  });
  EXPECT_EQ(wait_for(child), 0) << said();
  write_file_atomically(config, std::string_view("\xff\xfe"
                                                 "e\0p\0=\0"
                                                 "7\0",
                                                 10));
  EXPECT_EQ(run({"--config", config}), kExitUsage);
}

TEST_F(ProgramTest, ConfigFileGivesTheOptionsItNames) {
  const std::string config = (folder_ / "config.toml").string();
  write_file_atomically(config, "# a comment\nepochs = 7\nlearning-rate = 0.5\n");
  const pid_t child = start({"--config", config}, [](const Values& values) {
    return values.epochs == 7 && values.rate == 0.5 ? 0 : 1;
  });
  EXPECT_EQ(wait_for(child), 0) << said();
}

TEST_F(ProgramTest, ConfigFileMayBeJson) {
  const std::string config = (folder_ / "config.json").string();
  write_file_atomically(config, "\n{\"options\": {\"epochs\": 7, \"learning-rate\": 0.5}}\n");
  const pid_t child = start({"--config", config}, [](const Values& values) {
    return values.epochs == 7 && values.rate == 0.5 ? 0 : 1;
  });
  EXPECT_EQ(wait_for(child), 0) << said();
  write_file_atomically(config, "{\"epoch\": 7}");
  EXPECT_EQ(run({"--config", config}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("'epoch' (did you mean --epochs?)"));
  write_file_atomically(config, "{\"epochs\": 7");
  EXPECT_EQ(run({"--config", config}), kExitUsage);
  EXPECT_THAT(said(), HasSubstr("expected a JSON object"));
}

TEST_F(ProgramTest, NumbersThatAreNoneAreUsageErrors) {
  for (const char* number : {"nan", "-nan", "inf", "-inf", "+inf", "NaN", "1e999", "x", ""}) {
    EXPECT_EQ(run({std::string("--learning-rate=") + number}), kExitUsage) << number;
  }
  for (const char* number : {"-1", " -1", "1.5", "99999999999999999999999", "x"}) {
    EXPECT_EQ(run({std::string("--seed=") + number}), kExitUsage) << number;
  }
  EXPECT_EQ(run({"--offset=-9223372036854775809"}), kExitUsage);
  EXPECT_EQ(run({"--offset=-9223372036854775808"}), 0) << said();
  EXPECT_EQ(run({"--learning-rate", "-1e-3", "--seed", "18446744073709551615"}), 0) << said();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(ProgramTest, ThreadsThatCannotBeHadAreSaidBeforeWorkBegins) {
  const pid_t child = start(
      {"--threads", "500"}, [](const Values&) { return 0; },
      [] {
        const rlimit limit{rlim_t{1} << 30, rlim_t{1} << 30};  // 500 stacks take more
        ::setrlimit(RLIMIT_AS, &limit);
      });
  EXPECT_EQ(wait_for(child), kExitEnvironment);
  EXPECT_THAT(said(), HasSubstr("cannot start 500 threads"));
  EXPECT_THAT(said(), HasSubstr("--threads"));
}
#endif

}  // namespace
}  // namespace stoker
