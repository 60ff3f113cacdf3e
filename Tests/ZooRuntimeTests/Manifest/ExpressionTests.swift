import Testing
import ZooFormats
import ZooRuntime

/// Arithmetic in `${}`.
///
/// Expected values of `//`, `%` and `**` are Python's.
struct ExpressionTests {
  /// The value of a setting that is `text`, next to settings a = 7, r = 0.5, w = "relu", t = true, l = [16, 32, 64].
  func value(_ text: String) throws(ManifestError) -> JSON? {
    let quoted = JSON(.string(text)).text()
    let settings = #"{"a": 7, "r": 0.5, "w": "relu", "t": true, "l": [16, 32, 64], "it": \#(quoted)}"#
    return try expand(manifest(#"{"layer": "core.tanh"}"#, #""settings": \#(settings),"#)).settings["it"]
  }

  @Test(
    arguments: [
      ("${1 + 2 * 3}", 7), ("${(1 + 2) * 3}", 9), ("${a}", 7), ("${ a*a - 1 }", 48), ("${-a}", -7), ("${--a}", 7), ("${2 - -3}", 5),
      ("${7 / 2}", 3.5), ("${8 / 2}", 4), ("${-7 // 2}", -4), ("${7 // -2}", -4), ("${-7 % 3}", 2), ("${7 % -3}", -2), ("${6 % 3}", 0),
      ("${-6 // 3}", -2), ("${7.5 // 2}", 3.0), ("${-7.5 % 2}", 0.5), ("${10 - 3 - 2}", 5), ("${100 / 10 / 5}", 2), ("${2 ** 10}", 1024),
      ("${2 ** 3 ** 2}", 512), ("${-2 ** 2}", -4), ("${(-2) ** 3}", -8), ("${2 ** -1}", 0.5),
      ("${2 ** 0.5 * 2 ** 0.5}", 2.0000000000000004),
      ("${1 ** 9223372036854775807}", 1), ("${0 ** 0}", 1), ("${1e3}", 1000.0), ("${1.5e-1}", 0.15), ("${a * r}", 3.5), ("${r + r}", 1.0),
      ("${9223372036854775807}", 9_223_372_036_854_775_807), ("${-9223372036854775807 - 1}", JSON(.integer(.min))),
      ("${min(3, 1, 2)}", 1), ("${max(3, 1.5)}", 3), ("${max(1, 1.5)}", 1.5), ("${floor(2.7)}", 2), ("${ceil(2.1)}", 3),
      ("${round(2.5)}", 3),
      ("${round(-2.5)}", -3), ("${floor(-0.5)}", -1), ("${floor(a)}", 7), ("${sqrt(64)}", 8), ("${sqrt(2)}", 1.4142135623730951),
      ("${sqrt(64.0)}", 8.0), ("${log2(1024)}", 10), ("${log2(0.25)}", -2.0), ("${log2(10)}", 3.321928094887362), ("${len(l)}", 3),
      ("${l[0]}", 16), ("${l[len(l) - 1] * 2}", 128), ("${l}", [16, 32, 64]),
      ("${a > 6}", true), ("${a >= 7}", true), ("${a < 7}", false), ("${a <= 7}", true), ("${a == 7.0}", true), ("${a != 7}", false),
      ("${w == 'relu'}", true), ("${w != 'relu'}", false), ("${t}", true), ("${t == false}", false), ("${l == l}", true),
      ("${false}", false),
      ("${a > 6 ? 'big' : 'small'}", "big"), ("${a == 0 ? 1 / 0 : 2}", 2), ("${a == 7 ? 1 : a == 8 ? 2 : 3}", 1),
      ("${a == 6 ? 1 : a == 7 ? 2 : 3}", 2), ("${(t ? 2 : 3) * 10}", 20), ("${'}' == '}'}", true),
      ("${w}", "relu"), ("a ${a} b ${r}${t}", "a 7 b 0.5true"), ("$${a} ${a}", "${a} 7"), ("$${a}", "${a}"), ("$a {b}", "$a {b}"),
      ("${a}${a}", "77"), ("$", "$"), ("é${a}é", "é7é"),
    ] as [(String, JSON)])
  func expressionsHaveTheirValue(_ text: String, _ expected: JSON) throws {
    let got = try value(text)
    #expect(got == expected)
    // 3 and 3.0 are different: one is whole.
    #expect(got?.noun == expected.noun)
  }

  struct Case: Sendable, CustomStringConvertible {
    let text: String
    let message: String
    let help: String
    var description: String { text }

    init(_ text: String, _ message: String, _ help: String) {
      (self.text, self.message, self.help) = (text, message, help)
    }
  }

  static let range = "whole numbers reach to 9223372036854775807"
  static let form = "expressions look like ${d_model * 4} or ${index == 0 ? 1 : 2}"
  static let zero = "check the values of its settings"
  static let typesHelp = "arithmetic is on numbers, comparison on two of one type, '?' on true and false"
  static let domain = "roots are of numbers from 0, logarithms of numbers above 0"

  @Test(arguments: [
    Case("${b}", "'${b}': there is no 'b' here", "there are a, it, l, r, t, w"),
    Case("x ${layers}", "'${layers}': there is no 'layers' here", "there are a, it, l, r, t, w"),
    Case("${index}", "'${index}': there is no 'index' here", "'index' counts the copies of a 'repeat', and exists only inside one"),
    Case("${mx(1)}", "'${mx(1)}': there is no function 'mx'", "did you mean 'max'?"),
    Case("${sin(1)}", "'${sin(1)}': there is no function 'sin'", "did you mean 'min'?"),
    Case("${a", "'${a': '${' is never closed", "close it with '}'; to write '${' itself, write '$${'"),
    Case("${}", "'${}': expected a value, found its end", form),
    Case("${1 +}", "'${1 +}': expected a value, found its end", form),
    Case("${1 2}", "'${1 2}': expected an operator, found 2", form),
    Case("${(1}", "'${(1}': expected ')', found its end", form),
    Case("${a ? 1}", "'${a ? 1}': expected ':', found its end", form),
    Case("${max(1 2)}", "'${max(1 2)}': expected ')', found 2", form),
    Case("${l[0}", "'${l[0}': expected ']', found its end", form),
    Case("${1 < 2 < 3}", "'${1 < 2 < 3}': expected an operator, found '<'", form),
    Case("${a $ 2}", "'${a $ 2}': '$' is no part of an expression", form),
    Case("${a = 2}", "'${a = 2}': '=' is no part of an expression", form),
    Case("${'x}", "'${'x}': '${' is never closed", "close it with '}'; to write '${' itself, write '$${'"),
    Case("${é}", "'${é}': 'é' is no part of an expression", form),
    Case("${9223372036854775808}", "'${9223372036854775808}': the number 9223372036854775808 is too large for 64 bits", range),
    Case("${1e999}", "'${1e999}': the number 1e999 is too large for 64 bits", range),
    Case("${9223372036854775807 + 1}", "'${9223372036854775807 + 1}': the result of '+' is too large for 64 bits", range),
    Case("${-2 - 9223372036854775807}", "'${-2 - 9223372036854775807}': the result of '-' is too large for 64 bits", range),
    Case("${2 ** 63}", "'${2 ** 63}': the result of '**' is too large for 64 bits", range),
    Case("${4294967296 * 4294967296}", "'${4294967296 * 4294967296}': the result of '*' is too large for 64 bits", range),
    Case(
      "${(-9223372036854775807 - 1) // -1}", "'${(-9223372036854775807 - 1) // -1}': the result of '//' is too large for 64 bits", range),
    Case("${-(-9223372036854775807 - 1)}", "'${-(-9223372036854775807 - 1)}': the result of '-' is too large for 64 bits", range),
    Case("${1e308 * 10}", "'${1e308 * 10}': the result of '*' is too large for 64 bits", range),
    Case("${(0 - 8) ** 0.5}", "'${(0 - 8) ** 0.5}': the result of '**' is too large for 64 bits", range),
    Case("${ceil(1e300)}", "'${ceil(1e300)}': the result of 'ceil' is too large for 64 bits", range),
    Case("${1 / 0}", "'${1 / 0}': '/' divides by zero", zero),
    Case("${1 // 0}", "'${1 // 0}': '//' divides by zero", zero),
    Case("${1.5 % 0}", "'${1.5 % 0}': '%' divides by zero", zero),
    Case("${0 ** -1}", "'${0 ** -1}': '**' divides by zero", zero),
    Case("${sqrt(-1)}", "'${sqrt(-1)}': sqrt(-1) has no value", domain),
    Case("${log2(0)}", "'${log2(0)}': log2(0) has no value", domain),
    Case("${a + w}", "'${a + w}': '+' does not work on a whole number and text", typesHelp),
    Case("${-t}", "'${-t}': '-' does not work on true or false", typesHelp),
    Case("${a == w}", "'${a == w}': '==' does not work on a whole number and text", typesHelp),
    Case("${w < w}", "'${w < w}': '<' does not work on text and text", typesHelp),
    Case("${a ? 1 : 2}", "'${a ? 1 : 2}': '?' does not work on a whole number", typesHelp),
    Case("${max(w)}", "'${max(w)}': 'max' does not work on text", typesHelp),
    Case("${max(1, t)}", "'${max(1, t)}': 'max' does not work on true or false", typesHelp),
    Case("${len(w)}", "'${len(w)}': 'len' does not work on text", typesHelp),
    Case("${a[0]}", "'${a[0]}': '[]' does not work on a whole number and a whole number", typesHelp),
    Case("${min()}", "'${min()}': min takes at least one, but is given 0", "give min at least one"),
    Case("${sqrt(1, 2)}", "'${sqrt(1, 2)}': sqrt takes one, but is given 2", "give sqrt one"),
    Case("${l[3]}", "'${l[3]}': there is no element 3 in a list of 3", "elements are counted from 0"),
    Case("${l[-1]}", "'${l[-1]}': there is no element -1 in a list of 3", "elements are counted from 0"),
    Case("x ${l}", "'${l}': a list cannot stand inside a text", "take one of its elements, as in ${sizes[0]}"),
  ])
  func expressionsWithoutAValueSayWhy(_ it: Case) {
    let error = #expect(throws: ManifestError.self) { try value(it.text) }
    #expect(error?.message == "m.json:1:92: at /settings/it: " + it.message)
    #expect(error?.help == it.help)
  }

  @Test func longAndDeepExpressionsAreRefused() {
    let long = "${" + String(repeating: "1+", count: 600) + "1}"
    let error = #expect(throws: ManifestError.self) { try value(long) }
    let shown = "${" + String(repeating: "1+", count: 27) + "1..."
    #expect(error?.message == "m.json:1:92: at /settings/it: '\(shown)': it has more than 1000 characters")
    #expect(error?.help == "give parts of it names, as settings")
    for deep in ["(", "-", "max(", "1**", "t?1:", "l["] {
      let error = #expect(throws: ManifestError.self) { try value("${" + String(repeating: deep, count: 150) + "1}") }
      #expect(error?.message.hasSuffix("it is nested more than 50 deep") ?? false, "\(error?.message ?? "")")
    }
  }

  @Test func longSumsHaveTheirValue() throws {
    #expect(try value("${" + String(repeating: "1+", count: 499) + "1}") == 500)
  }
}
