import ZooFormats

extension JSON {
  /// Text.
  static func text(_ value: String) -> JSON { JSON(.string(value)) }
  /// A whole number.
  static func integer(_ value: Int) -> JSON { JSON(.integer(value)) }
  /// A number.
  static func number(_ value: Double) -> JSON { JSON(.number(value)) }
  /// `true` or `false`.
  static func boolean(_ value: Bool) -> JSON { JSON(.boolean(value)) }
  /// A list.
  static func array(_ values: [JSON]) -> JSON { JSON(.array(values)) }

  /// An object with its members in this order.
  static func object(_ members: [(name: String, value: JSON)]) -> JSON {
    var object = JSONObject()
    for member in members { object[member.name] = member.value }
    return JSON(.object(object))
  }
}
