// Pickled data as plain values, without executing anything: numbers, texts, tuples, lists,
// dictionaries, and names of functions with the arguments they would be called with.
//
// The names are those that NumPy's arrays are pickled by (and Python 2's bytes); any other, and any
// opcode that data does not need, is refused. What looks like a call stays a value: who asks for an
// array (pickle_array.h) recognises the one it knows. Protocols 2 to 5. Thread-safety: const after
// construction. Ownership: texts point into the pickle, which must outlive the values. Errors:
// Corrupt or Unsupported with the byte offset. Source: CPython, Lib/pickletools.py.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

enum class PickleKind : uint8_t {
  kNone,
  kInteger,  // True and False too
  kText,     // str or bytes: UTF-8 or as they are
  kTuple,
  kList,
  kDict,    // items: key, value, key, value ...
  kGlobal,  // "module name"
  kCall,    // items: the global, a tuple of arguments, and, where one was set, a state
};

using PickleIndex = uint32_t;

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;
  ByteSpan text;  // of kText and kGlobal
  std::vector<PickleIndex> items;
};

bool looks_like_pickle(ByteSpan front);

class PickleValues {
 public:
  explicit PickleValues(ByteSpan pickle);

  const PickleValue& root() const { return at(root_); }
  const PickleValue& at(PickleIndex index) const { return values_[index]; }
  // A dictionary's value; null where there is no such key, or `dict` is none.
  const PickleValue* find(const PickleValue& dict, std::string_view key) const;
  // The bytes of a text, also where Python 2's bytes were written as a call.
  std::optional<ByteSpan> text_of(const PickleValue& value) const;

 private:
  std::vector<PickleValue> values_;
  std::deque<Bytes> decoded_;  // bytes that were written as Latin-1 text
  std::unordered_map<PickleIndex, ByteSpan> decoded_texts_;
  PickleIndex root_ = 0;
};

}  // namespace stoker
