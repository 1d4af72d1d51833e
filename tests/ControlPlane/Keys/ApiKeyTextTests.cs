using System.Text;
using System.Text.RegularExpressions;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.ControlPlane.Keys;

public sealed class ApiKeyTextTests
{
    [TestCase(KeyKind.Secret, "sk_")]
    [TestCase(KeyKind.Publishable, "pk_")]
    public void A_keys_prefix_names_its_kind_and_a_scanner_finds_it(KeyKind kind, string prefix)
    {
        var keys = Enumerable.Range(0, 200).Select(_ => ApiKeyText.New(kind)).ToList();

        Assert.That(keys, Is.Unique.And.All.StartsWith(prefix).And.All.Length.EqualTo(52));
        Assert.That(keys.Where(key => Regex.Match($"x = \"{key}\";", ApiKeyText.Pattern).Value != key || !ApiKeyText.IsWellFormed(key)), Is.Empty);
        Assert.That(keys.Select(ApiKeyText.HintOf), Is.All.Length.EqualTo(7));
    }

    [Test]
    public void The_last_six_digits_are_the_CRC_32C_of_those_before_them_in_base_62()
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        var key = ApiKeyText.New(KeyKind.Secret);

        var checksum = key[^6..].Aggregate(0L, (sum, digit) => (sum * 62) + Digits.IndexOf(digit, StringComparison.Ordinal));

        Assert.That(checksum, Is.EqualTo(Crc32C.Of(Encoding.ASCII.GetBytes(key[..^6]))));
    }

    [Test]
    public void The_checksum_detects_a_mistyped_key()
    {
        var key = ApiKeyText.New(KeyKind.Secret);
        for (var i = 0; i < key.Length; i++)
        {
            var other = key[i] == 'x' ? 'y' : 'x';
            Assert.That(ApiKeyText.IsWellFormed($"{key[..i]}{other}{key[(i + 1)..]}"), Is.False, $"character {i}");
        }

        Assert.That(new[] { "", "sk_", key + "0", key[..^1], "sk_demo", key.Replace("sk_", "rk_", StringComparison.Ordinal) }.Where(ApiKeyText.IsWellFormed), Is.Empty);
    }
}
