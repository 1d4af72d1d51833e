using System.Globalization;
using System.Text;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>An event of the crash test's shop. Money is in cents.</summary>
/// <param name="Sequence">The index among its client's events, from 0.</param>
/// <param name="Id">The event id.</param>
/// <param name="Type">The event type.</param>
/// <param name="Cart">The cart id.</param>
/// <param name="At">The event time in milliseconds since 1970.</param>
sealed record ShopEvent(int Sequence, string Id, string Type, string Cart, long At)
{
    public string? User { get; init; }

    public string? Product { get; init; }

    public int Quantity { get; init; } = 1;

    public long? Price { get; init; }

    /// <summary>Serializes it as a native event, identically on every call.</summary>
    public void AppendTo(StringBuilder text)
    {
        // Incompressible data, so that the journal fills its segments.
        var note = new byte[180];
        new Random(Sequence).NextBytes(note);
        text.Append(CultureInfo.InvariantCulture, $$"""{"id":"{{Id}}","type":"{{Type}}","cartId":"{{Cart}}","sessionId":"{{Cart}}","ts":{{At}}""");
        if (User is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"userId\":\"{User}\"");
        }

        if (Product is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"productId\":\"{Product}\"");
        }

        if (Quantity != 1)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"quantity\":{Quantity}");
        }

        if (Price is { } price)
        {
            text.Append(CultureInfo.InvariantCulture, $",\"price\":{price / 100}.{price % 100:00}");
        }

        text.Append(CultureInfo.InvariantCulture, $",\"meta\":{{\"note\":\"{Convert.ToBase64String(note)}\"}}}}");
    }
}
