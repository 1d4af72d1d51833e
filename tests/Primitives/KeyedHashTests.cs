using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using CartRecovery.Primitives;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Primitives;

public sealed class KeyedHashTests
{
    static readonly byte[] s_key = Convert.FromHexString("2b7e151628aed2a6abf7158809cf4f3c");

    // RFC 4493, section 4.
    [TestCase("", "bb1d6929e95937287fa37d129b756746")]
    [TestCase("6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c")]
    [TestCase("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411", "dfa66747de9ae63030ca32611497c827")]
    [TestCase("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        "51f0bebf7e3b9d92fc49741779363cfe")]
    public void The_hash_has_the_values_of_the_standard(string data, string expected) =>
        Assert.That(Hex(new KeyedHash(s_key).Of(Convert.FromHexString(data))), Is.EqualTo(expected));

    // FIPS 197, appendix C.1.
    [Test]
    public void The_cipher_has_the_value_of_the_standard()
    {
        var cipher = new AesCipher(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"));
        var block = Vector128.Create<byte>(Convert.FromHexString("00112233445566778899aabbccddeeff"));
        Assert.That(Hex(cipher.Encrypt(block)), Is.EqualTo("69c4e0d86a7b0430d8cdb78070b4c55a"));
        Assert.That(Hex(cipher.EncryptInSoftware(block)), Is.EqualTo("69c4e0d86a7b0430d8cdb78070b4c55a"));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property The_cipher_encrypts_like_the_frameworks() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var (key, data) = (new byte[16], new byte[16]);
        var random = new Random(seed);
        random.NextBytes(key);
        random.NextBytes(data);
        using var aes = Aes.Create();
        aes.Key = key;
        var expected = aes.EncryptEcb(data, PaddingMode.None);
        var (cipher, block) = (new AesCipher(key), Vector128.Create<byte>(data));
        Assert.That(Hex(cipher.Encrypt(block)), Is.EqualTo(Convert.ToHexStringLower(expected)));
        Assert.That(Hex(cipher.EncryptInSoftware(block)), Is.EqualTo(Convert.ToHexStringLower(expected)));
        return true;
    });

    // CMAC, step by step, with the framework's cipher.
    [Test]
    public void Every_length_up_to_80_hashes_like_a_bytewise_reference()
    {
        var data = new byte[80];
        new Random(1).NextBytes(data);
        for (var length = 0; length <= data.Length; length++)
        {
            // A text in the middle of others: bytes beside it must not matter.
            var text = data.AsSpan((80 - length) / 2, length);
            Assert.That(Hex(new KeyedHash(s_key).Of(text)), Is.EqualTo(Reference(text.ToArray())), $"length {length}");
        }
    }

    [Test]
    public void Another_key_gives_unrelated_values()
    {
        var values = Enumerable.Range(0, 1000).Select(i => new KeyedHash([.. BitConverter.GetBytes(i), .. new byte[12]]).Of("c1"u8)).ToArray();
        Assert.That(values.Distinct().Count(), Is.EqualTo(values.Length));
        Assert.That(values.Average(v => (double)ulong.PopCount(v.Low ^ values[0].Low)), Is.EqualTo(32).Within(1));
    }

    static string Reference(byte[] text)
    {
        using var aes = Aes.Create();
        aes.Key = s_key;
        var partial = Double(Double(aes.EncryptEcb(new byte[16], PaddingMode.None)));
        var full = Double(aes.EncryptEcb(new byte[16], PaddingMode.None));
        var isFull = text.Length > 0 && text.Length % 16 == 0;
        byte[] padded = isFull ? text : [.. text, 0x80, .. new byte[15 - (text.Length % 16)]];
        var state = new byte[16];
        for (var i = 0; i < padded.Length; i++)
        {
            state[i % 16] ^= padded[i];
            if (i % 16 == 15)
            {
                state = i == padded.Length - 1 ? Xor(state, isFull ? full : partial) : state;
                state = aes.EncryptEcb(state, PaddingMode.None);
            }
        }

        return Convert.ToHexStringLower(state);
    }

    static byte[] Double(byte[] block)
    {
        var result = new byte[16];
        for (var i = 0; i < 16; i++)
        {
            result[i] = (byte)((block[i] << 1) | (i < 15 ? block[i + 1] >> 7 : 0));
        }

        result[15] ^= (byte)((block[0] & 0x80) != 0 ? 0x87 : 0);
        return result;
    }

    static byte[] Xor(byte[] left, byte[] right) => [.. left.Select((b, i) => (byte)(b ^ right[i]))];

    static string Hex(in Hash128 hash) => Convert.ToHexStringLower([.. BitConverter.GetBytes(hash.Low), .. BitConverter.GetBytes(hash.High)]);

    static string Hex(Vector128<byte> block)
    {
        var bytes = new byte[16];
        block.CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
