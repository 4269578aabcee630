#include "trainer/run/available_memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace stoker {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<uint64_t> number_in(const std::string& text) {
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

// The number behind "name " at the beginning of a line.
uint64_t statistic(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return number_in(line.substr(name.size() + 1)).value_or(0);
  }
  return 0;
}

// "0::/user.slice/job" is this process's group.
fs::path control_group() {
  std::istringstream lines(text_of("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::/")) return fs::path("/sys/fs/cgroup") / line.substr(4);
  }
  return {};
}

std::optional<uint64_t> left_in_group(const fs::path& group) {
  const std::optional<uint64_t> limit = number_in(text_of(group / "memory.max"));
  const std::optional<uint64_t> used = number_in(text_of(group / "memory.current"));
  if (!limit || !used) return std::nullopt;  // "max": no limit
  const uint64_t cache = statistic(text_of(group / "memory.stat"), "inactive_file");
  const uint64_t held = *used - std::min(*used, cache);
  return *limit - std::min(*limit, held);
}

}  // namespace

std::optional<uint64_t> read_meminfo(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    const size_t digits = line.find_first_of("0123456789");
    if (digits == std::string::npos) return std::nullopt;
    const std::optional<uint64_t> kilobytes = number_in(line.substr(digits));
    if (kilobytes) return *kilobytes * 1024;
  }
  return std::nullopt;
}

std::optional<uint64_t> available_memory() {
  std::optional<uint64_t> least = read_meminfo(text_of("/proc/meminfo"), "MemAvailable");
  const fs::path root = "/sys/fs/cgroup";
  for (fs::path group = control_group(); !group.empty(); group = group.parent_path()) {
    if (const auto left = left_in_group(group)) least = std::min(least.value_or(*left), *left);
    if (group == root || group == group.parent_path()) break;
  }
  return least;
}

uint64_t peak_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace stoker
