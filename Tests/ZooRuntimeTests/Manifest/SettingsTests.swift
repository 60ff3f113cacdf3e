import Testing
import ZooFormats
import ZooRuntime

/// Settings, and what a command line makes of them.
struct SettingsTests {
  func settings(_ declared: String, _ overrides: [String: JSON] = [:]) throws(ManifestError) -> JSONObject {
    try expand(manifest(#"{"layer": "core.tanh"}"#, #""settings": \#(declared),"#), settings: overrides).settings
  }

  @Test func settingsAreMadeOfOneAnotherInAnyOrder() throws {
    let got = try settings(
      #"{"ff": "${d_model * 4}", "d_model": "${heads * size}", "heads": 4, "size": 16, "name": "w${ff}", "l": [1, "${heads}"]}"#)
    #expect(JSON(.object(got)) == ["ff": 256, "d_model": 64, "heads": 4, "size": 16, "name": "w256", "l": [1, 4]])
    #expect(got.names == ["ff", "d_model", "heads", "size", "name", "l"])
  }

  @Test func overridesAreReadByTheTypeOfTheDefault() throws {
    let declared = #"{"i": 3, "r": 0.5, "t": "relu", "b": false, "l": [1, 2], "w": ["a"], "twice": "${i * 2}"}"#
    let got = try settings(declared, ["i": "7", "r": "2", "t": "7", "b": "true", "l": "16,32", "w": "x,y", "twice": "5"])
    #expect(JSON(.object(got)) == ["i": 7, "r": 2, "t": "7", "b": true, "l": [16, 32], "w": ["x", "y"], "twice": 5])
    #expect(try settings(declared, ["l": "[8]"])["l"] == [8])
    #expect(try settings(declared, ["l": "8"])["l"] == [8])
    #expect(try settings(declared, ["i": "7"])["twice"] == 14)
    #expect(try settings(declared, ["i": 7, "l": [9], "b": true])["twice"] == 14)
    #expect(try settings(declared, ["i": "2e1"])["i"]?.content == .integer(20))
  }

  @Test func aSettingWithoutADefaultMustBeGiven() throws {
    #expect(try settings(#"{"n": null}"#, ["n": 3])["n"] == 3)
    let error = #expect(throws: ManifestError.self) { try settings(#"{"n": null}"#) }
    #expect(error?.message == "m.json:1:30: at /settings/n: setting 'n' of the manifest has no default and is not given")
    #expect(error?.help == "give it with --set n=...")
  }

  @Test func longChainsOfSettingsHaveTheirValue() throws {
    let chain = (0..<999).map { #""s\#($0)": "${s\#($0 + 1) + 1}""# }.joined(separator: ", ")
    #expect(try settings("{\(chain), \"s999\": 0}")["s0"] == 999)
  }
}
