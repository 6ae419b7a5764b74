#include "controlplane/policy/api_kind/api_kind_merge.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace sallyport::controlplane::policy {

using namespace contract;

namespace {

struct Unresolved {
  int line;
  std::string what;
};

using Paths = std::vector<ApiPath>;
using Variants = std::map<std::string, Paths>;

std::vector<std::string> expanded(const ApiPath& path) {
  std::vector<std::string> out;
  if (!expand_braces(path.path, out))
    throw Unresolved{path.line, "'{' without '}' in path " + path.path};
  return out;
}

// What `base` says and `own` does not goes behind it.
void add_paths(Paths& own, const Paths& base) {
  std::set<std::string> said;
  for (const ApiPath& path : own)
    for (const std::string& one : expanded(path)) said.insert(one);
  for (const ApiPath& path : base) {
    for (const std::string& one : expanded(path)) {
      if (said.contains(one)) continue;
      ApiPath copy = path;
      copy.path = one;
      own.push_back(std::move(copy));
    }
  }
}

void add_variants(Variants& own, const Variants& base) {
  for (const auto& [value, paths] : base) add_paths(own[value], paths);
}

template <class Named>
void add_named(std::vector<Named>& own, const std::vector<Named>& base) {
  for (const Named& one : base)
    if (std::none_of(own.begin(), own.end(), [&](const Named& o) { return o.name == one.name; }))
      own.push_back(one);
}

void extend(ApiKindSource& own, const ApiKindSource& base) {
  if (own.done_data.empty()) own.done_data = base.done_data;
  own.proto_names = own.proto_names || base.proto_names;
  for (const auto& [name, fragment] : base.fragments) {
    ApiFragment& target = own.fragments[name];
    if (target.by.empty()) target.by = fragment.by;
    add_paths(target.paths, fragment.paths);
    add_variants(target.variants, fragment.variants);
  }
  for (size_t i = 0; i < kShapeKindCount; ++i) {
    const ApiShape& from = base.shapes[i];
    ApiShape& to = own.shapes[i];
    if (!from.present) continue;
    to.present = true;
    if (to.by.empty()) to.by = from.by;
    if (to.formats == ApiShape{}.formats) to.formats = from.formats;
    add_paths(to.paths, from.paths);
    add_variants(to.variants, from.variants);
    add_named(to.channels, from.channels);
    add_named(to.captures, from.captures);
  }
}

std::string name_in(const std::string& kind, const std::string& fragment) {
  return fragment.find('.') == std::string::npos ? kind + "." + fragment : fragment;
}

Paths imported(const std::string& kind, Paths paths) {
  for (ApiPath& path : paths) {
    path.channel.clear();
    path.capture.clear();
    path.closes.clear();
    if (!path.use.empty()) path.use = name_in(kind, path.use);
  }
  return paths;
}

template <class Source>
ApiFragment imported_fragment(const std::string& kind, const Source& source) {
  ApiFragment out;
  out.by = source.by;
  out.line = source.line;
  out.paths = imported(kind, source.paths);
  for (const auto& [value, paths] : source.variants) out.variants[value] = imported(kind, paths);
  return out;
}

void import_fragments(ApiKindSource& own, const ApiKindSource& other) {
  for (const auto& [name, fragment] : other.fragments)
    own.fragments.try_emplace(name_in(other.name, name), imported_fragment(other.name, fragment));
  const std::pair<ShapeKind, const char*> shapes[] = {{ShapeKind::Request, "request"},
                                                      {ShapeKind::Response, "response"}};
  for (const auto& [kind, name] : shapes) {
    const ApiShape& shape = other.shapes[static_cast<size_t>(kind)];
    if (shape.present)
      own.fragments.try_emplace(name_in(other.name, name), imported_fragment(other.name, shape));
  }
}

void for_each_path(ApiKindSource& kind, const std::function<void(ApiPath&)>& visit) {
  const auto all = [&](auto& part) {
    for (ApiPath& path : part.paths) visit(path);
    for (auto& [value, paths] : part.variants)
      for (ApiPath& path : paths) visit(path);
  };
  for (auto& [name, fragment] : kind.fragments) all(fragment);
  for (ApiShape& shape : kind.shapes) all(shape);
}

class Resolver {
 public:
  explicit Resolver(std::vector<ApiKindSource>& kinds) : kinds_(kinds), states_(kinds.size()) {}

  void resolve(size_t index) {
    if (states_[index] == State::Done) return;
    if (states_[index] == State::Open)
      throw Unresolved{1, "API kind '" + kinds_[index].name + "' builds on itself"};
    states_[index] = State::Open;
    ApiKindSource merged = kinds_[index];
    if (!merged.extends.empty()) extend(merged, other(merged.extends, 1));
    std::map<std::string, int> used;  // kind -> a line that uses it
    for_each_path(merged, [&](ApiPath& path) {
      const size_t colon = path.use.find('.');
      if (colon != std::string::npos) used.try_emplace(path.use.substr(0, colon), path.line);
    });
    for (const auto& [name, line] : used) import_fragments(merged, other(name, line));
    kinds_[index] = std::move(merged);
    states_[index] = State::Done;
  }

 private:
  enum class State : uint8_t { New, Open, Done };

  const ApiKindSource& other(const std::string& name, int line) {
    for (size_t i = 0; i < kinds_.size(); ++i) {
      if (kinds_[i].name != name) continue;
      resolve(i);
      return kinds_[i];
    }
    throw Unresolved{line, "no API kind named '" + name + "'"};
  }

  std::vector<ApiKindSource>& kinds_;
  std::vector<State> states_;
};

}  // namespace

bool expand_braces(const std::string& path, std::vector<std::string>& out) {
  const size_t open = path.find('{');
  if (open == std::string::npos) {
    out.push_back(path);
    return true;
  }
  const size_t close = path.find('}', open);
  if (close == std::string::npos) return false;
  std::vector<std::string> rests;
  if (!expand_braces(path.substr(close + 1), rests)) return false;
  size_t at = open + 1;
  while (at <= close) {
    const size_t end = std::min(path.find(',', at), close);
    std::string choice = path.substr(at, end - at);
    choice.erase(std::remove(choice.begin(), choice.end(), ' '), choice.end());
    for (const std::string& rest : rests) out.push_back(path.substr(0, open) + choice + rest);
    at = end + 1;
  }
  return true;
}

void merge_kinds(std::vector<ApiKindSource>& kinds, std::vector<ApiKindProblem>& problems) {
  Resolver resolver(kinds);
  for (size_t i = 0; i < kinds.size(); ++i) {
    try {
      resolver.resolve(i);
    } catch (const Unresolved& wrong) {
      problems.push_back(ApiKindProblem{kinds[i].file, wrong.line, 0, wrong.what});
    }
  }
}

}  // namespace sallyport::controlplane::policy
