#include "tools/sample_filter.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct Token {
  std::string text;
  size_t place = 0;
  bool quoted = false;
};

bool is_sign(char c) {
  return std::string_view("=!~<>").find(c) != std::string_view::npos;
}

[[noreturn]] void refuse(size_t place, const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--filter, at character {}: {}", place + 1, what));
}

Token read_quoted(const std::string& text, size_t begin) {
  const size_t end = text.find(text[begin], begin + 1);
  if (end == std::string::npos) refuse(begin, "a quoted value has no end");
  return {text.substr(begin + 1, end - begin - 1), begin, true};
}

std::vector<Token> cut_into_tokens(const std::string& text) {
  std::vector<Token> tokens;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
      continue;
    }
    if (c == '\'' || c == '"') {
      tokens.push_back(read_quoted(text, at));
      at += tokens.back().text.size() + 2;
      continue;
    }
    size_t end = at + 1;
    if (is_sign(c)) {
      while (end < text.size() && is_sign(text[end]))
        ++end;
    } else if (c != '(' && c != ')' && c != ',') {
      while (end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0 &&
             !is_sign(text[end]) &&
             std::string_view("(),").find(text[end]) == std::string_view::npos)
        ++end;
    }
    tokens.push_back({text.substr(at, end - at), at, false});
    at = end;
  }
  return tokens;
}

// Recursive descent over the grammar in the header.
class Parser {
 public:
  Parser(const std::string& text, const SourceReader& source)
      : tokens_(cut_into_tokens(text)), end_(text.size()), source_(source) {}

  SampleFilter parse() {
    SampleFilter filter = parse_or();
    if (at_ < tokens_.size()) refuse(place(), fmt::format("unexpected '{}'", tokens_[at_].text));
    return filter;
  }

 private:
  size_t place() const { return at_ < tokens_.size() ? tokens_[at_].place : end_; }
  bool take(std::string_view word) {
    if (at_ == tokens_.size() || tokens_[at_].quoted || tokens_[at_].text != word) return false;
    ++at_;
    return true;
  }
  const Token& next(const char* what) {
    if (at_ == tokens_.size()) refuse(end_, fmt::format("expected {}, found the end", what));
    return tokens_[at_++];
  }

  SampleFilter parse_or() {
    SampleFilter left = parse_and();
    while (take("or")) {
      left = [left, right = parse_and()](uint64_t item) { return left(item) || right(item); };
    }
    return left;
  }

  SampleFilter parse_and() {
    SampleFilter left = parse_not();
    while (take("and")) {
      left = [left, right = parse_not()](uint64_t item) { return left(item) && right(item); };
    }
    return left;
  }

  SampleFilter parse_not() {
    if (take("not")) return [inner = parse_not()](uint64_t item) { return !inner(item); };
    if (!take("(")) return parse_term();
    SampleFilter inner = parse_or();
    if (!take(")")) refuse(place(), "expected ')'");
    return inner;
  }

  SampleFilter parse_term() {
    const Token key = next("name, split, class or label");
    const bool known =
        key.text == "name" || key.text == "split" || key.text == "class" || key.text == "label";
    if (!known) {
      refuse(key.place, fmt::format("expected name, split, class or label, found '{}'", key.text));
    }
    if (key.text == "class" || key.text == "label") require_labels(key);
    const Token sign = next("=, !=, ~, in, <, <=, > or >=");
    if (sign.text == "in") return match_any(key, parse_values());
    const Token value = next("a value");
    if (key.text == "label") return compare_label(sign, number_of(value));
    check_class(key, sign, value);
    if (sign.text == "=") return match_any(key, {value});
    if (sign.text == "!=") {
      return [inner = match_any(key, {value})](uint64_t item) { return !inner(item); };
    }
    if (sign.text == "~") {
      return [text = text_of(key), glob = value.text](uint64_t item) {
        return ::fnmatch(glob.c_str(), text(item).c_str(), 0) == 0;
      };
    }
    refuse(sign.place, fmt::format("'{}' does not go with {}", sign.text, key.text));
  }

  std::vector<Token> parse_values() {
    std::vector<Token> values{next("a value")};
    while (take(","))
      values.push_back(next("a value"));
    return values;
  }

  void require_labels(const Token& key) const {
    if (!source_.items().empty() && !source_.label(0)) {
      refuse(key.place,
             "this source does not tell classes without reading every sample; convert "
             "it to stk first and filter that");
    }
  }

  // A class that is not there selects nothing, and is a slip of the pen.
  void check_class(const Token& key, const Token& sign, const Token& value) const {
    if (key.text != "class" || sign.text == "~") return;
    const std::vector<std::string>& names = source_.facts().class_names;
    if (std::find(names.begin(), names.end(), value.text) != names.end()) return;
    refuse(value.place, fmt::format("there is no class '{}'", value.text));
  }

  static int64_t number_of(const Token& token) {
    int64_t number = 0;
    const char* end = token.text.data() + token.text.size();
    const auto [rest, error] = std::from_chars(token.text.data(), end, number);
    if (error != std::errc() || rest != end) {
      refuse(token.place, fmt::format("expected a whole number, found '{}'", token.text));
    }
    return number;
  }

  using Text = std::function<std::string(uint64_t)>;
  Text text_of(const Token& key) const {
    const SourceReader& source = source_;
    if (key.text == "name") return [&source](uint64_t item) { return source.items()[item].name; };
    if (key.text == "split") {
      return [&source](uint64_t item) { return source.facts().splits[source.items()[item].split]; };
    }
    return [&source](uint64_t item) {
      const int64_t label = source.label(item).value_or(-1);
      const std::vector<std::string>& names = source.facts().class_names;
      const bool named = label >= 0 && static_cast<size_t>(label) < names.size();
      return named ? names[static_cast<size_t>(label)] : std::string();
    };
  }

  SampleFilter match_any(const Token& key, const std::vector<Token>& values) const {
    if (key.text == "label") {
      std::vector<int64_t> numbers;
      for (const Token& value : values)
        numbers.push_back(number_of(value));
      const SourceReader& source = source_;
      return [&source, numbers](uint64_t item) {
        const int64_t label = source.label(item).value_or(-1);
        return std::find(numbers.begin(), numbers.end(), label) != numbers.end();
      };
    }
    std::vector<std::string> texts;
    for (const Token& value : values) {
      check_class(key, {"=", 0, false}, value);
      texts.push_back(value.text);
    }
    return [text = text_of(key), texts](uint64_t item) {
      return std::find(texts.begin(), texts.end(), text(item)) != texts.end();
    };
  }

  SampleFilter compare_label(const Token& sign, int64_t number) const {
    const SourceReader& source = source_;
    const auto with = [&source](auto holds) {
      return [&source, holds](uint64_t item) { return holds(source.label(item).value_or(-1)); };
    };
    if (sign.text == "=") return with([number](int64_t label) { return label == number; });
    if (sign.text == "!=") return with([number](int64_t label) { return label != number; });
    if (sign.text == "<") return with([number](int64_t label) { return label < number; });
    if (sign.text == "<=") return with([number](int64_t label) { return label <= number; });
    if (sign.text == ">") return with([number](int64_t label) { return label > number; });
    if (sign.text == ">=") return with([number](int64_t label) { return label >= number; });
    refuse(sign.place, fmt::format("expected =, !=, <, <=, >, >= or in, found '{}'", sign.text));
  }

  std::vector<Token> tokens_;
  size_t end_;
  const SourceReader& source_;
  size_t at_ = 0;
};

}  // namespace

SampleFilter parse_sample_filter(const std::string& text, const SourceReader& source) {
  return Parser(text, source).parse();
}

}  // namespace stoker
