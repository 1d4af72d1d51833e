using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Ids that an attacker made to collide under the public hash of earlier formats are as good as any.</summary>
public sealed class CollidingIdsTests
{
    const ulong C1 = 0x87c37b91114253d5, C2 = 0x4cf5ad432745937f;

    [Test]
    public async Task Carts_whose_ids_collide_without_the_secret_are_different_carts()
    {
        var ids = Colliding(4);
        var unkeyed = new IdHasher("demo"u8);
        Assert.That(ids.Select(id => unkeyed.CartOf(Encoding.ASCII.GetBytes(id))).Distinct().Count(), Is.EqualTo(1), "the attack works without a secret");

        await using var engine = await InProcessEngine.StartAsync();
        for (var i = 0; i < ids.Length; i++)
        {
            for (var n = 0; n <= i; n++)
            {
                var json = $$"""{"id":"e{{i}}.{{n}}","type":"view_cart","cartId":"{{ids[i]}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}""";
                using var content = new StringContent(json, Encoding.UTF8, "application/json");
                using var response = await engine.Http.PostAsync("/v1/events", content);
                response.EnsureSuccessStatusCode();
            }
        }

        for (var i = 0; i < ids.Length; i++)
        {
            Assert.That(await engine.EventsOfAsync(ids[i]), Is.EqualTo(i + 1));
        }
    }

    [Test]
    public async Task Two_data_folders_give_the_same_id_different_keys()
    {
        await using var one = await InProcessEngine.StartAsync();
        await using var other = await InProcessEngine.StartAsync();
        var (left, right) = (one.Host.Stores.FindStore("demo")!.Ids, other.Host.Stores.FindStore("demo")!.Ids);
        Assert.That((left.IsKeyed, right.IsKeyed), Is.EqualTo((true, true)));
        Assert.That(left.CartOf("c1"u8), Is.Not.EqualTo(right.CartOf("c1"u8)));
        Assert.That(left.CustomerOf("c1"u8), Is.Not.EqualTo(left.CartOf("c1"u8)));
    }

    // MurmurHash3 mixes each 16 bytes invertibly into its state. So for any first block there is a second that leads to a chosen state; one
    // in some hundred thousand is printable text.
    static string[] Colliding(int count)
    {
        var seed = Hash128.Of("demo"u8, seed: 0).Low;
        var random = new Random(1);
        var (target1, target2) = (0UL, 0UL);
        var found = new List<string>();
        var text = new byte[32];
        while (found.Count < count)
        {
            for (var i = 0; i < 16; i++)
            {
                text[i] = (byte)('a' + random.Next(26));
            }

            var (h1, h2) = (seed, seed);
            Mix(ref h1, ref h2, text);
            if (found.Count == 0)
            {
                // The first id sets the state to reach.
                for (var i = 16; i < 32; i++)
                {
                    text[i] = (byte)('a' + random.Next(26));
                }

                Mix(ref h1, ref h2, text.AsSpan(16));
                (target1, target2) = (h1, h2);
                found.Add(Encoding.ASCII.GetString(text));
                continue;
            }

            // h1' = (rotl(h1 ^ f(k1), 27) + h2) * 5 + c, and likewise for h2'.
            var k1 = BitOperations.RotateRight(((target1 - 0x52dce729) * 0xcccccccccccccccd) - h2, 27) ^ h1;
            var k2 = BitOperations.RotateRight(((target2 - 0x38495ab5) * 0xcccccccccccccccd) - target1, 31) ^ h2;
            BinaryPrimitives.WriteUInt64LittleEndian(text.AsSpan(16), BitOperations.RotateRight(k1 * Inverse(C2), 31) * Inverse(C1));
            BinaryPrimitives.WriteUInt64LittleEndian(text.AsSpan(24), BitOperations.RotateRight(k2 * Inverse(C1), 33) * Inverse(C2));
            if (text.All(b => b is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\' and not (byte)'%'))
            {
                found.Add(Encoding.ASCII.GetString(text));
            }
        }

        return [.. found];
    }

    static void Mix(ref ulong h1, ref ulong h2, ReadOnlySpan<byte> block)
    {
        h1 ^= BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(block) * C1, 31) * C2;
        h1 = ((BitOperations.RotateLeft(h1, 27) + h2) * 5) + 0x52dce729;
        h2 ^= BitOperations.RotateLeft(BinaryPrimitives.ReadUInt64LittleEndian(block[8..]) * C2, 33) * C1;
        h2 = ((BitOperations.RotateLeft(h2, 31) + h1) * 5) + 0x38495ab5;
    }

    // Newton's iteration for the inverse modulo 2⁶⁴.
    static ulong Inverse(ulong odd)
    {
        var inverse = odd;
        for (var i = 0; i < 6; i++)
        {
            inverse *= 2 - (odd * inverse);
        }

        return inverse;
    }
}
