#include "formats/slice_series.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "formats/left_out_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kNumbersNamed = 5;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the run of digits at the front of `text` off, and gives it without leading zeros.
std::string_view take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  while (digits.size() > 1 && digits.front() == '0')
    digits.remove_prefix(1);
  return digits;
}

// "slice_#_of_#" and the numbers; the extension left out. Letters count as they are, since they
// decide the order.
struct NumberedName {
  std::string pattern;
  std::vector<uint64_t> numbers;
  std::string name;
};

NumberedName numbered_name(const fs::path& file) {
  NumberedName result;
  result.name = file.filename().string();
  const std::string stem = file.stem().string();
  for (std::string_view rest = stem; !rest.empty();) {
    if (is_digit(rest.front())) {
      const std::string_view digits = take_number(rest);
      uint64_t number = UINT64_MAX;  // for one that is larger still
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
      result.pattern += '#';
      result.numbers.push_back(number);
    } else {
      result.pattern += rest.front();
      rest.remove_prefix(1);
    }
  }
  return result;
}

// They are files that someone believes to be there.
std::vector<fs::path> list_dangling_links(const fs::path& folder) {
  std::vector<fs::path> links;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code error;
    if (entry.is_symlink() && !entry.exists(error)) links.push_back(entry.path());
  }
  return links;
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& message) {
  throw Error(ErrorCode::kCorrupt, message, folder.string());
}

void check_one_pattern(const fs::path& folder, const std::vector<NumberedName>& names) {
  std::map<std::string, size_t> counts;
  for (const NumberedName& name : names)
    ++counts[name.pattern];
  if (counts.size() == 1) return;
  const auto usual =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto named = [&](bool as_usual) {
    return std::find_if(
               names.begin(), names.end(),
               [&](const NumberedName& name) { return (name.pattern == usual->first) == as_usual; })
        ->name;
  };
  refuse(folder, "expected slices of one volume, named alike but for a number, found " +
                     named(false) + " beside " + named(true) +
                     "; move what is no slice out of the folder");
}

// A number that differs from slice to slice, in order; empty where two slices share one.
using Counter = std::vector<uint64_t>;

// The step from slice to slice: the smallest there is, where all others are a multiple of it.
uint64_t step_of(const Counter& sorted) {
  if (sorted.size() < 3) return 1;  // two numbers have no step of their own
  uint64_t step = UINT64_MAX;
  for (size_t i = 1; i < sorted.size(); ++i)
    step = std::min(step, sorted[i] - sorted[i - 1]);
  for (size_t i = 1; i < sorted.size(); ++i) {
    if ((sorted[i] - sorted[i - 1]) % step != 0) return 1;
  }
  return step;
}

// "4, 5, 9 (3 of 12; the first after slice_3.tif)"; empty where nothing is missing.
std::string missing_numbers(const std::vector<NumberedName>& names, const Counter& sorted) {
  const uint64_t step = step_of(sorted);
  std::string numbers;
  std::string before;
  uint64_t count = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    const uint64_t lost = (sorted[i] - sorted[i - 1]) / step - 1;
    if (lost > 0 && count == 0) before = names[i - 1].name;
    for (uint64_t k = 1; k <= lost && count + k <= kNumbersNamed; ++k)
      numbers += (numbers.empty() ? "" : ", ") + std::to_string(sorted[i - 1] + k * step);
    count += lost;
  }
  if (count == 0) return {};
  return numbers + (count > kNumbersNamed ? " ..." : "") + " (" + std::to_string(count) + " of " +
         std::to_string(names.size() + count) + ", the first after " + before + ")";
}

// Of every place where numbers vary. `names` have one pattern. Corrupt where such a number does not
// run with the order of the names: then nobody knows which of the two is z.
std::vector<Counter> varying_counters(const fs::path& folder,
                                      const std::vector<NumberedName>& names) {
  std::vector<Counter> counters;
  for (size_t place = 0; place < names.front().numbers.size(); ++place) {
    Counter counter;
    for (const NumberedName& name : names)
      counter.push_back(name.numbers[place]);
    const bool in_order = std::is_sorted(counter.begin(), counter.end()) ||
                          std::is_sorted(counter.rbegin(), counter.rend());
    std::sort(counter.begin(), counter.end());
    if (counter.front() == counter.back()) continue;
    const bool repeats = std::adjacent_find(counter.begin(), counter.end()) != counter.end();
    if (!repeats && !in_order) {
      refuse(folder, "expected slices whose numbers rise together, found two orders, from " +
                         names.front().name + " to " + names.back().name +
                         "; rename them so that one number counts z");
    }
    counters.push_back(repeats ? Counter{} : std::move(counter));
  }
  return counters;
}

void check_not_twice(const fs::path& folder, const std::vector<NumberedName>& names) {
  for (size_t i = 1; i < names.size(); ++i) {
    if (names[i].numbers != names[i - 1].numbers) continue;
    refuse(folder, "two slices have one number: " + names[i - 1].name + " and " + names[i].name);
  }
}

}  // namespace

bool number_aware_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_number(a);
      const std::string_view number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // "01" and "1": equal as numbers
}

bool is_tiff_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".tif" || extension == ".tiff";
}

SliceSeries list_slices(const fs::path& folder) {
  SliceSeries series;
  std::vector<fs::path> files = list_files(folder);
  const std::vector<fs::path> dangling = list_dangling_links(folder);
  files.insert(files.end(), dangling.begin(), dangling.end());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (is_left_lying_about(name)) {
      if (is_tiff_name(file)) series.left_out.push_back(name);
    } else if (is_tiff_name(file)) {
      series.files.push_back(file);
    } else if (series.others++ == 0) {
      series.an_other = name;
    }
  }
  std::sort(series.files.begin(), series.files.end(), [](const fs::path& a, const fs::path& b) {
    return number_aware_less(a.filename().native(), b.filename().native());
  });
  return series;
}

void check_slice_numbers(const fs::path& folder, const std::vector<fs::path>& files) {
  if (files.size() < 2) return;
  std::vector<NumberedName> names;
  bool any_number = false;
  for (const fs::path& file : files) {
    names.push_back(numbered_name(file));
    any_number = any_number || !names.back().numbers.empty();
  }
  if (!any_number) return;
  check_one_pattern(folder, names);
  check_not_twice(folder, names);
  // Where several numbers vary, one of them counts the slices, and the others are times or totals.
  std::string missing;
  for (const Counter& counter : varying_counters(folder, names)) {
    if (counter.empty()) continue;
    missing = missing_numbers(names, counter);
    if (missing.empty()) return;
  }
  if (missing.empty()) {
    refuse(folder, "expected one number that counts the slices, found several that repeat, from " +
                       names.front().name + " to " + names.back().name +
                       "; are these slices of several channels? Keep one of them in the folder");
  }
  refuse(folder, "slices are missing: number " + missing +
                     "; copy them again, or renumber the files if the volume is whole");
}

}  // namespace stoker
