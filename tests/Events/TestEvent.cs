using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CartRecovery.Tests.Events;

/// <summary>A native event as a client writes it; null fields are omitted.</summary>
sealed record TestEvent(string Type, long At)
{
    static long s_made;

    /// <summary>Unique unless set: sending an event twice sends a duplicate.</summary>
    public string Id { get; init; } = string.Create(CultureInfo.InvariantCulture, $"e{Interlocked.Increment(ref s_made)}");

    public string Cart { get; init; } = "c1";

    public string? User { get; init; }

    public string? Session { get; init; }

    public string? CartSecret { get; init; }

    public string? Product { get; init; }

    public decimal? Price { get; init; }

    public decimal? Quantity { get; init; }

    public string? Currency { get; init; }

    public string? Device { get; init; }

    public string? Source { get; init; }

    public static string Array(params IEnumerable<TestEvent> events) => $"[{string.Join(',', events)}]";

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(ToString());

    public override string ToString()
    {
        var fields = new List<string> { Text("id", Id), Text("type", Type), Text("cartId", Cart), $"\"ts\":{At}" };
        Add("userId", User);
        Add("sessionId", Session);
        Add("cartSecret", CartSecret);
        Add("productId", Product);
        Add("currency", Currency);
        if (Price is { } price)
        {
            fields.Add(FormattableString.Invariant($"\"price\":{price}"));
        }

        if (Type == "cart_updated")
        {
            fields.Add("\"items\":[]");
        }

        if (Type.Contains("merge", StringComparison.OrdinalIgnoreCase))
        {
            fields.Add("\"mergedFrom\":\"another cart\"");
        }

        if (Type == "consent")
        {
            fields.Add("\"channel\":\"email\",\"granted\":true");
        }

        if (Price is null && Type is ("purchase" or "refund"))
        {
            // An order of an amount that the test does not look at.
            fields.Add("\"value\":0");
        }

        if (Quantity is { } quantity)
        {
            fields.Add(FormattableString.Invariant($"\"quantity\":{quantity}"));
        }

        string[] meta = [.. new[] { ("device", Device), ("source", Source) }.Where(m => m.Item2 is not null).Select(m => Text(m.Item1, m.Item2!))];
        if (meta.Length > 0)
        {
            fields.Add($"\"meta\":{{{string.Join(',', meta)}}}");
        }

        return $"{{{string.Join(',', fields)}}}";

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                fields.Add(Text(name, value));
            }
        }
    }

    static string Text(string name, string value) => $"\"{name}\":\"{JsonEncodedText.Encode(value)}\"";
}
