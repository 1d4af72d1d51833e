using System.Globalization;
using System.Text;

namespace CartRecovery.Tests.Events.Json;

/// <summary>Random JSON values of any shape.</summary>
static class JsonGenerator
{
    static readonly string[] s_scalars =
    [
        "null", "true", "false", "0", "-0", "1e400", "-1.50", "12345678901234567890123", "\"\"", "\"\\ud83d\\uDED2 \\u0000\\/\"", "\"🛒\"",
        "\"a\\nb\"", "\"{}],\"", "\"\\\\\"",
    ];

    /// <summary>The members of an object, comma-separated, with distinct names.</summary>
    public static string Members(Random random, int depth = 3, string prefix = "m") =>
        string.Join(Space(random) + "," + Space(random), Enumerable.Range(0, random.Next(5)).Select(i => $"{Name(random, prefix, i)}{Space(random)}:{Space(random)}{Value(random, depth)}"));

    public static string Value(Random random, int depth) => random.Next(depth == 0 ? 2 : 4) switch
    {
        0 => s_scalars[random.Next(s_scalars.Length)],
        1 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        2 => $"[{Space(random)}{string.Join(Space(random) + ",", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1)))}{Space(random)}]",
        _ => $"{{{Space(random)}{Members(random, depth - 1)}{Space(random)}}}",
    };

    public static string Space(Random random) => random.Next(4) == 0 ? "\r\n \t"[..random.Next(1, 5)] : "";

    // Some names are the schema's own, which have no meaning inside meta, and some are escaped.
    static string Name(Random random, string prefix, int i) => random.Next(4) switch
    {
        0 => $"\"\\u{(int)prefix[0]:x4}{prefix[1..]}{i}\"",
        1 => $"\"{prefix}{i} \\\" 🛒\"",
        2 when prefix == "m" => $"\"{new[] { "id", "ts", "meta", "storeId", "price" }[i]}\"",
        _ => $"\"{prefix}{i}\"",
    };

    /// <summary>Values of all kinds in an array nested to a depth.</summary>
    public static string Nested(int levels) => new StringBuilder().Insert(0, "[", levels).Append(']', levels).ToString();
}
