/// What names may look like.
enum Names {
  static let longest = 100

  /// Nodes, inputs, outputs, defines: letters, digits, `_` and `-`; paths join them with dots.
  static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= longest && name.utf8.allSatisfy { ExpressionTokens.isNameByte($0) || $0 == UInt8(ascii: "-") }
  }

  /// Settings and axes: names that expressions can hold.
  static func isSetting(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= longest else { return false }
    return name.utf8.allSatisfy(ExpressionTokens.isNameByte) && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
  }
}
