#include "formats/cifar/pickle_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "formats/cifar/pickle_stack.h"

namespace stoker {
namespace {

constexpr uint8_t kProtocol = 0x80;
constexpr uint8_t kNewestProtocol = 5;

constexpr std::string_view kEncode = "_codecs encode";
// How protocol 2 has empty bytes.
constexpr std::array<std::string_view, 2> kNoBytes{"__builtin__ bytes", "builtins bytes"};
constexpr std::array<std::string_view, 9> kKnownGlobals{kNoBytes[0],
                                                        kNoBytes[1],
                                                        "numpy.core.multiarray _reconstruct",
                                                        "numpy._core.multiarray _reconstruct",
                                                        "numpy.core.numeric _frombuffer",
                                                        "numpy._core.numeric _frombuffer",
                                                        "numpy ndarray",
                                                        "numpy dtype",
                                                        kEncode};

// Text of characters up to U+00FF, in UTF-8, to one byte each; nothing for others.
std::optional<Bytes> latin1_bytes(ByteSpan utf8) {
  Bytes bytes;
  for (size_t i = 0; i < utf8.size(); ++i) {
    if (utf8[i] < 0x80) {
      bytes.push_back(utf8[i]);
      continue;
    }
    const bool two =
        (utf8[i] & 0xfc) == 0xc0 && i + 1 < utf8.size() && (utf8[i + 1] & 0xc0) == 0x80;
    if (!two) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>((utf8[i] << 6) | (utf8[i + 1] & 0x3f)));
    ++i;
  }
  return bytes;
}

class PickleMachine : private PickleStack {
 public:
  PickleMachine(ByteSpan pickle, PickleRun& out) : PickleStack(pickle, out.values), out_(out) {}

  void run() {
    if (take<uint8_t>() != kProtocol) refuse("expected a pickle of protocol 2 or later");
    if (const auto protocol = take<uint8_t>(); protocol < 2 || protocol > kNewestProtocol) {
      refuse_unsupported(fmt::format("a pickle of protocol {}; 2 to 5 are read", protocol));
    }
    while (true) {
      start_ = at_;
      const auto opcode = take<uint8_t>();
      if (opcode == '.') break;
      if (!read_text(opcode) && !read_number(opcode) && !read_container(opcode) &&
          !read_memo(opcode) && !read_call(opcode)) {
        refuse_unsupported(
            fmt::format("the pickle's instruction 0x{:02x} is none that arrays, texts, numbers, "
                        "lists and dictionaries need; pickles are never executed",
                        opcode));
      }
    }
    out_.root = pop();
  }

 private:
  bool read_text(uint8_t opcode) {
    switch (opcode) {
      case 'U':
      case 'C':
      case 0x8c:
        push_text(take_bytes(take<uint8_t>()));
        return true;
      case 'T':
      case 'X':
      case 'B':
        push_text(take_bytes(take<uint32_t>()));
        return true;
      case 0x8d:
      case 0x8e:
      case 0x96:
        push_text(take_bytes(take<uint64_t>()));
        return true;
      default:
        return false;
    }
  }

  bool read_number(uint8_t opcode) {
    switch (opcode) {
      case 'N':
        push_empty(PickleKind::kNone);
        return true;
      case 0x88:
      case 0x89:
        push_integer(opcode == 0x88 ? 1 : 0);
        return true;
      case 'K':
        push_integer(take<uint8_t>());
        return true;
      case 'M':
        push_integer(take<uint16_t>());
        return true;
      case 'J':
        push_integer(take<int32_t>());
        return true;
      case 0x8a:
        push_integer(take_long(take<uint8_t>()));
        return true;
      default:
        return false;
    }
  }

  int64_t take_long(uint8_t size) {
    if (size > 8) refuse_unsupported("a whole number of more than 64 bits");
    if (size == 0) return 0;
    uint64_t value = 0;
    const ByteSpan bytes = take_bytes(size);
    for (size_t i = 0; i < size; ++i)
      value |= uint64_t{bytes[i]} << (8 * i);
    if (size < 8 && (bytes[size - 1U] & 0x80) != 0) value |= ~uint64_t{0} << (8 * size);
    return static_cast<int64_t>(value);
  }

  bool read_container(uint8_t opcode) {
    switch (opcode) {
      case '}':
        push_empty(PickleKind::kDict);
        return true;
      case ']':
        push_empty(PickleKind::kList);
        return true;
      case ')':
        push_empty(PickleKind::kTuple);
        return true;
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case 't':
        push_tuple(pop_marked());
        return true;
      case 0x85:
      case 0x86:
      case 0x87: {
        std::vector<PickleIndex> items(opcode - 0x84U);
        for (size_t i = items.size(); i-- > 0;)
          items[i] = pop();
        push_tuple(std::move(items));
        return true;
      }
      case 'a': {
        const PickleIndex item = pop();
        add_items(PickleKind::kList, {item});
        return true;
      }
      case 'e':
        add_items(PickleKind::kList, pop_marked());
        return true;
      case 's': {
        const PickleIndex value = pop();
        const PickleIndex key = pop();
        add_items(PickleKind::kDict, {key, value});
        return true;
      }
      case 'u':
        add_items(PickleKind::kDict, pop_marked());
        return true;
      case 0x95:  // a frame: where it ends says nothing that the values do not say
        take<uint64_t>();
        return true;
      default:
        return false;
    }
  }

  void remember(uint64_t name) {
    const PickleIndex index = pop();
    push(index);
    if (memo_.size() >= kMostValues) refuse_unsupported("the pickle remembers too many values");
    memo_[name] = index;
  }
  void recall(uint64_t name) {
    const auto found = memo_.find(name);
    if (found == memo_.end()) refuse("it refers to a value that is not there");
    push(found->second);
  }

  bool read_memo(uint8_t opcode) {
    switch (opcode) {
      case 'q':
        remember(take<uint8_t>());
        return true;
      case 'r':
        remember(take<uint32_t>());
        return true;
      case 0x94:
        remember(memo_.size());
        return true;
      case 'h':
        recall(take<uint8_t>());
        return true;
      case 'j':
        recall(take<uint32_t>());
        return true;
      default:
        return false;
    }
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::string full = fmt::format("{} {}", module, name);
    const auto known = std::find(kKnownGlobals.begin(), kKnownGlobals.end(), full);
    if (known == kKnownGlobals.end()) {
      refuse_unsupported(
          fmt::format("the pickle names {}.{}, which is no part of plain arrays; "
                      "pickles are never executed",
                      module, name));
    }
    PickleValue value;
    value.kind = PickleKind::kGlobal;
    value.text = as_bytes(*known);
    push(std::move(value));
  }

  bool read_call(uint8_t opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = take_line();
        push_global(module, take_line());
        return true;
      }
      case 0x93: {
        const PickleValue& name = values_[pop()];
        const PickleValue& module = values_[pop()];
        if (name.kind != PickleKind::kText || module.kind != PickleKind::kText) {
          refuse("a name that is no text");
        }
        push_global(as_text(module.text), as_text(name.text));
        return true;
      }
      case 'R':
        push_call();
        return true;
      case 'b': {
        const PickleIndex state = pop();
        PickleValue& call = top(PickleKind::kCall);
        if (call.items.size() != 2) refuse("an object with two states");
        call.items.push_back(state);
        return true;
      }
      default:
        return false;
    }
  }

  void push_call() {
    const PickleIndex arguments = pop();
    const PickleIndex function = pop();
    if (values_[function].kind != PickleKind::kGlobal ||
        values_[arguments].kind != PickleKind::kTuple) {
      refuse("a call of what is no function");
    }
    PickleValue call;
    call.kind = PickleKind::kCall;
    call.items = {function, arguments};
    push(std::move(call));
    const std::string_view name = as_text(values_[function].text);
    if (name == kEncode) decode_text(arguments);
    if (name != kNoBytes[0] && name != kNoBytes[1]) return;
    if (!values_[arguments].items.empty()) refuse_unsupported("bytes that are made of something");
    out_.decoded_texts[stack_.back()] = ByteSpan();
  }

  // Bytes, as Python 3 writes them for Python 2: text and "latin1".
  void decode_text(PickleIndex arguments) {
    const std::vector<PickleIndex>& items = values_[arguments].items;
    if (items.size() != 2 || values_[items[0]].kind != PickleKind::kText ||
        values_[items[1]].kind != PickleKind::kText ||
        as_text(values_[items[1]].text) != "latin1") {
      refuse_unsupported("bytes in another encoding than latin1");
    }
    decoded_bytes_ += values_[items[0]].text.size();
    if (decoded_bytes_ > 2 * pickle_.size()) refuse_unsupported("the same bytes many times over");
    auto bytes = latin1_bytes(values_[items[0]].text);
    if (!bytes) refuse("bytes that are no Latin-1 text");
    out_.decoded.push_back(std::move(*bytes));
    out_.decoded_texts[stack_.back()] = out_.decoded.back();
  }

  PickleRun& out_;
  uint64_t decoded_bytes_ = 0;
  std::unordered_map<uint64_t, PickleIndex> memo_;
};

}  // namespace

void run_pickle(ByteSpan pickle, PickleRun& out) {
  PickleMachine(pickle, out).run();
}

}  // namespace stoker
