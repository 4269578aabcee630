#include "formats/split_names.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace stoker {
namespace {

const std::map<std::string_view, std::string_view> kSplitWords{
    {"train", "train"},     {"training", "train"}, {"trainval", "train"}, {"trn", "train"},
    {"val", "val"},         {"valid", "val"},      {"validation", "val"}, {"validate", "val"},
    {"validating", "val"},  {"test", "test"},      {"testing", "test"},   {"tst", "test"},
    {"trainvalid", "train"}};

// Splits only beside others: "dev" may be anything.
const std::map<std::string_view, std::string_view> kWeakWords{
    {"dev", "val"},      {"eval", "val"},   {"evaluation", "val"},
    {"holdout", "test"}, {"unlabeled", ""}, {"unlabelled", ""}};

// Words that stand with a split's name and say no class: "seg_train", "training_set".
const std::set<std::string_view> kCompanions{
    "set",      "sets",      "data",        "dataset",  "image",    "images",    "img",
    "imgs",     "split",     "seg",         "dir",      "folder",   "files",     "small",
    "full",     "mini",      "tiny",        "new",      "raw",      "crop",      "cropped",
    "crops",    "resized",   "resize",      "original", "part",     "final",     "all",
    "subset",   "sample",    "samples",     "ilsvrc",   "cls",      "loc",       "clean",
    "px",       "clsloc",    "imagenet",    "jpeg",     "jpg",      "png",       "photos",
    "pictures", "pics",      "my",          "public",   "private",  "v",         "fold",
    "x",        "blurred",   "labeled",     "labelled", "official", "augmented", "aug",
    "balanced", "processed", "preprocessed"};

// Lower-case words: parted at what is no letter, and where a lower-case letter meets an upper-case
// one. Numbers are no words.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  char before = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = std::isalpha(byte) != 0 || byte >= 0x80;
    if (!letter || (std::isupper(byte) != 0 && std::islower(static_cast<unsigned char>(before)))) {
      words.emplace_back();
    }
    if (letter) words.back() += static_cast<char>(std::tolower(byte));
    before = c;
  }
  std::erase(words, std::string());
  return words;
}

struct Reading {
  std::string split;  // of its one split word; empty: none, or two that differ
  std::string rest;   // the words that are neither split nor companion
  bool weak = false;  // by a weak word
};

// A word that is a split word, or a split word with companions grown on: "trainset", "testimages".
std::string_view split_of_word(const std::string& word, bool& weak) {
  if (const auto found = kSplitWords.find(word); found != kSplitWords.end()) return found->second;
  for (const auto& [split_word, split] : kSplitWords) {
    if (word.starts_with(split_word) && kCompanions.contains(word.substr(split_word.size()))) {
      return split;
    }
    if (word.ends_with(split_word) &&
        kCompanions.contains(word.substr(0, word.size() - split_word.size()))) {
      return split;
    }
  }
  if (const auto found = kWeakWords.find(word); found != kWeakWords.end()) {
    weak = true;
    return found->second.empty() ? std::string_view("other") : found->second;
  }
  return {};
}

Reading read_name(std::string_view name) {
  Reading reading;
  std::set<std::string> splits;
  for (const std::string& word : words_of(name)) {
    const std::string_view split = split_of_word(word, reading.weak);
    if (!split.empty()) {
      splits.emplace(split);
    } else if (!kCompanions.contains(word)) {
      reading.rest += word + " ";
    }
  }
  if (splits.size() == 1) reading.split = *splits.begin();
  if (splits.size() > 1) reading.split = "train";  // "train_val"
  return reading;
}

}  // namespace

std::string split_named(std::string_view name) {
  const Reading reading = read_name(name);
  return reading.rest.empty() && !reading.weak ? reading.split : std::string();
}

std::vector<std::string> find_splits(const std::vector<std::string>& names) {
  std::map<std::string, std::set<std::string>> splits_with;  // by the rest of the name
  bool has_strong = false;
  for (const std::string& name : names) {
    const Reading reading = read_name(name);
    if (!reading.split.empty()) splits_with[reading.rest].insert(reading.split);
    if (!split_named(name).empty()) has_strong = true;
  }
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const Reading reading = read_name(name);
    if (reading.split.empty()) continue;
    const bool by_itself = reading.rest.empty() && (!reading.weak || has_strong);
    if (by_itself || (splits_with[reading.rest].size() > 1 && !reading.rest.empty())) {
      found.push_back(name);
    }
  }
  return found;
}

}  // namespace stoker
