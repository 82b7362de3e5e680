#include "harness/file/yaml.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace coldboot {
namespace {

/// All mistakes of a text, one a line.
std::string refusal_of(std::string_view text, const YamlBounds& bounds = {}) {
  Findings findings;
  const auto node = parse_yaml(text, "f.yaml", findings, bounds);
  std::string lines;
  for (const Fault& fault : findings.mistakes()) lines += fault.text() + "\n";
  EXPECT_EQ(node.has_value() || !lines.empty(), true) << "refused without a word";
  return lines;
}

TEST(Yaml, KnowsWhereEveryValueStands) {
  Findings findings;
  const auto root = parse_yaml("name: a\nlist:\n  - one\n  - {deep: \"2\"}\nempty:\n", "f.yaml", findings);
  ASSERT_TRUE(root);
  EXPECT_FALSE(findings.any_mistake());
  EXPECT_EQ(root->find("name")->place, (Place{"f.yaml", 1, 7}));
  const Node& list = *root->find("list");
  EXPECT_EQ(list.items[0].place, (Place{"f.yaml", 3, 5}));
  EXPECT_EQ(list.items[1].keys[0].place, (Place{"f.yaml", 4, 6}));
  EXPECT_EQ(list.items[1].items[0].style, Node::Style::quoted);
  EXPECT_EQ(list.items[0].style, Node::Style::plain);
  EXPECT_EQ(root->find("empty")->kind, Node::Kind::empty);
  EXPECT_EQ(root->find("absent"), nullptr);
}

TEST(Yaml, CountsColumnsInCharacters) {
  Findings findings;
  const auto root = parse_yaml("\xEF\xBB\xBF{größe: x, name: y}\r\n", "f.yaml", findings);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("name")->place, (Place{"f.yaml", 1, 18}));
}

struct Refusal {
  const char* name;
  std::string text;
  const char* expected;
};

/// Printed by gtest for a case that fails; some texts are huge.
void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

class YamlRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(YamlRefuses, WithPlaceAndReason) {
  EXPECT_THAT(refusal_of(GetParam().text), testing::HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, YamlRefuses,
    testing::Values(
        Refusal{"duplicate_key", "a: 1\nb: 2\na: 3\n",
                "f.yaml:3:1: found the key a again, expected it once; it stands in line 1"},
        Refusal{"duplicate_below", "x: {a: 1, b: 2, a: 3}", "f.yaml:1:17: found the key a again"},
        Refusal{"alias", "a: &x 1\nb: *x\n", "f.yaml:1:4: found an anchor (&), expected every value written out"},
        Refusal{"merge", "a: {b: 1}\nc: {<<: *a}\n", "f.yaml:2:9: "},
        Refusal{"tag", "a: !!binary aGVsbG8=\n", "f.yaml:1:4: found the tag"},
        Refusal{"two_documents", "a: 1\n---\nb: 2\n", "found a second document, expected one document in a file"},
        Refusal{"list_as_key", "? [a, b]\n: 1\n", "found a list as a key, expected a word"},
        Refusal{"nothing_as_key", "~: 1\n", "found nothing as a key, expected a word"},
        Refusal{"latin1",
                "a: gr\xF6\xDF"
                "e\n",
                "f.yaml:1:6: found a byte that is no UTF-8 text"},
        Refusal{"nul_byte", std::string("a: b\n\0c: d\n", 11), "f.yaml:2:1: found a byte that is no UTF-8 text"},
        Refusal{"utf16",
                std::string("\xFF\xFE"
                            "a\0:\0",
                            6),
                "f.yaml:1:1: found a byte"},
        Refusal{"tab_indent", "a:\n\tb: 1\n", "f.yaml:2:"},
        Refusal{"colon_in_text", "match: BIOS: v1\n", "f.yaml:1:12: found no YAML here"},
        Refusal{"open_bracket", "a: [1, 2\n", "f.yaml:2:1: found no YAML here"},
        Refusal{"deep", std::string(10'000, '[') + std::string(10'000, ']'), "f.yaml:1:33: found more than 32 levels"},
        Refusal{"deep_block",
                [] {
                  std::string text;
                  for (int i = 0; i < 1000; ++i) text += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
                  return text;
                }(),
                "found more than 32 levels"},
        Refusal{"laughs", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\n",
                "f.yaml:1:4: found an anchor"},
        Refusal{"too_large", std::string((1U << 20U) + 1, ' '),
                "f.yaml: found 1048577 bytes, expected at most 1048576"}),
    [](const auto& param) { return param.param.name; });

TEST(Yaml, BoundsTheNumberOfValues) {
  EXPECT_THAT(refusal_of("[a, b, c, d]", {.bytes = 100, .values = 3, .depth = 4}),
              testing::HasSubstr("f.yaml:1:8: found more than 3 values"));
}

TEST(Yaml, TakesAnEmptyFileForNothing) {
  Findings findings;
  const auto root = parse_yaml("# only a comment\n", "f.yaml", findings);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->kind, Node::Kind::empty);
}

TEST(Scalar, LooksLikeANumberToSomeReader) {
  for (const char* text : {"1", "2.10", "-3", "+4", "0x1F", "0o17", "010", "1e3", "1.5E-3", ".5", "1.", "1_000", ".inf",
                           "-.INF", ".nan", "10:20:30"}) {
    EXPECT_TRUE(looks_like_number(text)) << text;
  }
  for (const char* text :
       {"", "-", ".", "v1", "1a", "1.2.3", "00:0d:b9:4a", "10 s", "0x", "1e", "e3", "115200n8", "_1"}) {
    EXPECT_FALSE(looks_like_number(text)) << text;
  }
}

TEST(Scalar, LooksLikeABooleanToSomeReader) {
  for (const char* text : {"on", "Off", "YES", "n", "true", "False"}) EXPECT_TRUE(looks_like_boolean(text)) << text;
  for (const char* text : {"once", "oN", "yess", "", "t"}) EXPECT_FALSE(looks_like_boolean(text)) << text;
}

}  // namespace
}  // namespace coldboot
