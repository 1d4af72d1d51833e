using System.Text.Unicode;
using CartRecovery.Engine.Ingest.Streams.WebSocket;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Conformance.WebSocket;

[TestFixture]
public sealed class Utf8ValidatorTests
{
    // Lead and continuation bytes and the bytes around every bound in RFC 3629.
    static readonly byte[] s_telling =
    [
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ];

    [Test]
    public void Short_sequences_are_judged_like_a_one_shot_validator()
    {
        var text = new byte[4];
        for (var length = 0; length <= 4; length++)
        {
            for (var n = 0; n < Math.Pow(s_telling.Length, length); n++)
            {
                for (int i = 0, rest = n; i < length; i++, rest /= s_telling.Length)
                {
                    text[i] = s_telling[rest % s_telling.Length];
                }

                var bytes = text.AsSpan(0, length);
                if (Judge(bytes, 1) != Utf8.IsValid(bytes) || Judge(bytes, 2) != Utf8.IsValid(bytes) || Judge(bytes, 3) != Utf8.IsValid(bytes))
                {
                    Assert.Fail($"{Convert.ToHexString(bytes)} is {(Utf8.IsValid(bytes) ? "" : "not ")}valid");
                }
            }
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public FsCheck.Property Validation_is_independent_of_how_the_text_is_split() => Prop.ForAll(
        Gen.Elements(s_telling).ListOf().Select(b => b.ToArray()).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(),
        (bytes, step) => Judge(bytes, step) == Utf8.IsValid(bytes));

    [Test]
    public void A_prefix_of_valid_UTF8_is_not_rejected()
    {
        foreach (var character in new[] { "é", "€", "\ud7ff", "\ue000", "𝄞", "\U0010ffff", "\U00010000", "\u0800" })
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(character);
            for (var length = 1; length < bytes.Length; length++)
            {
                var validator = default(Utf8Validator);
                Assert.That((validator.TryAppend(bytes.AsSpan(0, length)), validator.IsComplete), Is.EqualTo((true, false)));
                Assert.That((validator.TryAppend(bytes.AsSpan(length)), validator.IsComplete), Is.EqualTo((true, true)));
            }
        }
    }

    static bool Judge(ReadOnlySpan<byte> bytes, int step)
    {
        var validator = default(Utf8Validator);
        while (bytes.Length > 0)
        {
            var piece = bytes[..Math.Min(step, bytes.Length)];
            if (!validator.TryAppend(piece))
            {
                return false;
            }

            bytes = bytes[piece.Length..];
        }

        return validator.IsComplete;
    }
}
