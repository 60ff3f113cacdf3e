import Testing
import ZooRuntime

/// Digests as Python's hashlib computes them; each length lies otherwise between blocks of 64 bytes.
///
///     hashlib.sha256(bytes(b"abcdefghijklmnopqrstuvwxyz"[i % 26] for i in range(n))).hexdigest()
@Suite struct SHA256Tests {
  static let digests: [(count: Int, digest: String)] = [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (55, "595615dbe4f0f407ae397d08b4c2cb870cb9b0e11937416f950c5160acf9c005"),
    (56, "784f623b787495078e93ff28a25b581df0584055a7e71d8cd90c454716b92f51"),
    (57, "808f0738aa4401bdee842e5a15a7baad5809f976d8eb6f9bd2683cebd2e8d671"),
    (63, "5ca3e1ef5207490eac01a795e5cc94d59582a5118bf9534665c8668d87aa647c"),
    (64, "2fcd5a0d60e4c941381fcc4e00a4bf8be422c3ddfafb93c809e8d1e2bfffae8e"),
    (65, "1b3cd1877ab2f2f19f7be001722554f336cb799df0329de0bb4c118dc6abc06d"),
    (119, "faef67da856d6fd9c8d12f9ed0a4fefd3cf0ce085ab43e2907418d457e3c354b"),
    (120, "c9512b08619c19fbb503c7da6b46ef20301e5f7a7a5f43989182398536f5c5c8"),
    (128, "6c05be2c4268843ae47e68e611277ce62c02153f2f4d2e1e2a1a4b44f766cf74"),
    (1000, "915e53a44c18b19bb06ba5b3f5fcaf1dc4651e8404c63425cfc6174e74659d87"),
    (300000, "4bd69805a3b5a521c77aa44b279ef1a1cdbb896a6820ed46e0400f7c79462762"),
  ]

  @Test(arguments: digests) func digestsAreThoseOfTheStandard(count: Int, digest: String) {
    let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
    let text = String(decoding: (0..<count).map { letters[$0 % 26] }, as: UTF8.self)
    #expect(SHA256.digest(of: text) == digest)
  }
}
