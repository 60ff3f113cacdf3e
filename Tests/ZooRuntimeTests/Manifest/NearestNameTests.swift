import Testing
import ZooTypes

/// Which name is suggested for a misspelt one.
struct NearestNameTests {
  @Test(
    arguments: [
      ("norm.rsm", ["norm.rms", "norm.layer"], "norm.rms"),  // neighbours swapped: one edit
      ("classe", ["classes", "heads"], "classes"), ("Kernel", ["kernel"], "kernel"), ("knl", ["kernel"], nil),
      ("average_pool", ["max_pool2d", "average_pool2d"], "average_pool2d"), ("conv2d", ["core.dense", "cnn.conv2d"], "cnn.conv2d"),
      ("core.conv2d", ["core.dense", "cnn.conv2d"], "cnn.conv2d"), ("ab", ["ba", "bb"], "ba"), ("x", ["y"], nil), ("X", ["x"], "x"),
      ("", ["a"], nil), ("a", [], nil), ("größe", ["grösse", "groß"], nil), ("größen", ["größe"], "größe"),
      ("abcdef", ["abcxyz"], nil), ("abcdef", ["abcdxy"], "abcdxy"),  // three of six letters differ, two of six
    ] as [(String, [String], String?)])
  func theNearestIsWithinAThirdOfTheLetters(_ wrong: String, _ names: [String], _ expected: String?) {
    #expect(names.nearest(to: wrong) == expected)
  }

  @Test func endlessNamesAreNotCompared() {
    let long = String(repeating: "a", count: 10_000_000)
    #expect([long, "b"].nearest(to: long) == nil)
    #expect([long, "b"].nearest(to: "bb") == "b")
  }
}
