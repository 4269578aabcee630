// The bytes of a pickle as they are taken one after the other, and the stack of values that its
// instructions work on. Internal to pickle_machine.cc.
//
// Thread-safety: belongs to one thread. Ownership: refers to the pickle and the values. Errors:
// Corrupt and Unsupported with the offset of the instruction at work.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/cifar/pickle_values.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {

class PickleStack {
 public:
  PickleStack(ByteSpan pickle, std::vector<PickleValue>& values)
      : pickle_(pickle), values_(values) {}

 protected:
  static constexpr size_t kMostValues = size_t{4} << 20;

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kCorrupt, "the pickle is damaged or cut short: " + why, {}, start_);
  }
  [[noreturn]] void refuse_unsupported(const std::string& why) const {
    throw Error(ErrorCode::kUnsupported, why, {}, start_);
  }

  ByteSpan take_bytes(uint64_t size) {
    if (size > pickle_.size() - at_) refuse("it ends within a value");
    const ByteSpan bytes = pickle_.subspan(at_, size);
    at_ += size;
    return bytes;
  }
  template <typename T>
  T take() {
    return load_le<T>(take_bytes(sizeof(T)).data());
  }
  std::string_view take_line() {
    const std::string_view rest = as_text(pickle_.subspan(at_));
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) refuse("a name without an end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  void push(PickleIndex index) { stack_.push_back(index); }
  void push(PickleValue value) {
    if (values_.size() >= kMostValues) refuse_unsupported("the pickle holds too many values");
    values_.push_back(std::move(value));
    push(static_cast<PickleIndex>(values_.size() - 1));
  }
  void push_text(ByteSpan text) {
    PickleValue value;
    value.kind = PickleKind::kText;
    value.text = text;
    push(std::move(value));
  }
  void push_integer(int64_t integer) {
    PickleValue value;
    value.kind = PickleKind::kInteger;
    value.integer = integer;
    push(std::move(value));
  }
  void push_empty(PickleKind kind) {
    PickleValue value;
    value.kind = kind;
    push(std::move(value));
  }

  // Values above a mark are out of reach until the mark is taken.
  PickleIndex pop() {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= floor) refuse("a value is missing");
    const PickleIndex index = stack_.back();
    stack_.pop_back();
    return index;
  }
  std::vector<PickleIndex> pop_marked() {
    if (marks_.empty()) refuse("a mark is missing");
    std::vector<PickleIndex> items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()),
                                   stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  PickleValue& top(PickleKind kind) {
    const PickleIndex index = pop();
    push(index);
    if (values_[index].kind != kind) refuse("a list or dictionary was expected");
    return values_[index];
  }
  void push_tuple(std::vector<PickleIndex> items) {
    PickleValue value;
    value.kind = PickleKind::kTuple;
    value.items = std::move(items);
    push(std::move(value));
  }
  void add_items(PickleKind kind, const std::vector<PickleIndex>& items) {
    PickleValue& value = top(kind);
    if (kind == PickleKind::kDict && items.size() % 2 != 0) refuse("a key without a value");
    value.items.insert(value.items.end(), items.begin(), items.end());
  }

  ByteSpan pickle_;
  std::vector<PickleValue>& values_;
  size_t at_ = 0;
  size_t start_ = 0;  // of the instruction at work
  std::vector<PickleIndex> stack_;
  std::vector<size_t> marks_;
};

}  // namespace stoker
