using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Primitives;

public sealed class Hash128Tests
{
    [TestCase("", 0u, "00000000000000000000000000000000")]
    [TestCase("The quick brown fox jumps over the lazy dog", 0u, "e34bbc7bbc071b6c7a433ca9c49a9347")]
    [TestCase("The quick brown fox jumps over the lazy dog.", 0u, "cd99481f9ee902c9695da1a38987b6e7")]
    [TestCase("hello", 0u, "cbd8a7b341bd9b025b1e906a48ae1d19")]
    [TestCase("hello, world", 0u, "342fac623a5ebc8e4cdcbc079642414d")]
    [TestCase("19 Jan 2038 at 3:14:07 AM", 0u, "b89e5988b737affc664fc2950231b2cb")]
    public void The_hash_matches_published_values(string text, uint seed, string expected)
    {
        var hash = Hash128.Of(Encoding.UTF8.GetBytes(text), seed);
        Assert.That($"{hash.Low:x16}{hash.High:x16}", Is.EqualTo(expected));
    }

    // The reference implementation's own check (SMHasher): the hash of the hashes of 0, 0 1, 0 1 2, … with seeds 256, 255, 254, …
    [Test]
    public void The_hash_has_the_reference_verification_value()
    {
        var key = new byte[256];
        var hashes = new byte[256 * 16];
        for (var i = 0; i < 256; i++)
        {
            key[i] = (byte)i;
            Write(Hash128.Of(key.AsSpan(0, i), (ulong)(256 - i)), hashes.AsSpan(i * 16));
        }

        Assert.That((uint)Hash128.Of(hashes, 0).Low, Is.EqualTo(0x6384BA69));
    }

    [Test]
    public void Every_length_up_to_40_hashes_like_a_bytewise_reference()
    {
        var random = new Random(1);
        for (var length = 0; length <= 40; length++)
        {
            for (var round = 0; round < 50; round++)
            {
                var data = new byte[length];
                random.NextBytes(data);
                var seed = (ulong)random.NextInt64();
                Assert.That(Hash128.Of(data, seed), Is.EqualTo(ByteByByte(data, seed)), $"length {length}");
            }
        }
    }

    [Test]
    public void Nothing_beyond_the_text_is_read()
    {
        var random = new Random(2);
        for (var length = 0; length <= 40; length++)
        {
            var (left, right) = (new byte[64], new byte[64]);
            random.NextBytes(left);
            random.NextBytes(right);
            left.AsSpan(8, length).CopyTo(right.AsSpan(8));
            Assert.That(Hash128.Of(left.AsSpan(8, length), 7), Is.EqualTo(Hash128.Of(right.AsSpan(8, length), 7)), $"length {length}");
        }
    }

    [Test]
    public void Seeds_give_different_keys_for_the_same_text() =>
        Assert.That(Enumerable.Range(0, 1000).Select(seed => Hash128.Of("c1"u8, (ulong)seed)).Distinct().Count(), Is.EqualTo(1000));

    [Test]
    public void Only_zero_is_the_empty_key()
    {
        Assert.That(default(Hash128).IsNone, Is.True);
        Assert.That(new Hash128(1, 0).IsNone, Is.False);
        Assert.That(new Hash128(0, 1).IsNone, Is.False);
    }

    static void Write(Hash128 hash, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, hash.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], hash.High);
    }

    static Hash128 ByteByByte(byte[] data, ulong seed)
    {
        const ulong C1 = 0x87c37b91114253d5, C2 = 0x4cf5ad432745937f;
        ulong h1 = seed, h2 = seed;
        var blocks = data.Length / 16;
        for (var block = 0; block < blocks; block++)
        {
            h1 ^= First(Word(block * 16, 8));
            h1 = BitOperations.RotateLeft(h1, 27);
            h1 += h2;
            h1 = h1 * 5 + 0x52dce729;
            h2 ^= Second(Word(block * 16 + 8, 8));
            h2 = BitOperations.RotateLeft(h2, 31);
            h2 += h1;
            h2 = h2 * 5 + 0x38495ab5;
        }

        var tail = data.Length % 16;
        h2 ^= Second(Word(blocks * 16 + 8, Math.Max(0, tail - 8)));
        h1 ^= First(Word(blocks * 16, Math.Min(8, tail)));
        h1 ^= (ulong)data.Length;
        h2 ^= (ulong)data.Length;
        h1 += h2;
        h2 += h1;
        h1 = Mix(h1);
        h2 = Mix(h2);
        h1 += h2;
        h2 += h1;
        return new Hash128(h1, h2);

        ulong Word(int from, int count)
        {
            ulong word = 0;
            for (var i = 0; i < count; i++)
            {
                word |= (ulong)data[from + i] << (8 * i);
            }

            return word;
        }

        static ulong First(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;
        static ulong Second(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

        static ulong Mix(ulong k)
        {
            k ^= k >> 33;
            k *= 0xff51afd7ed558ccd;
            k ^= k >> 33;
            k *= 0xc4ceb9fe1a85ec53;
            return k ^ (k >> 33);
        }
    }
}
