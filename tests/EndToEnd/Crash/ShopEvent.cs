using System.Globalization;
using System.Text;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>An event of the shop in the crash test. All money is in cents.</summary>
/// <param name="Sequence">Its place among its client's events, from 0.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">Its type.</param>
/// <param name="Cart">Its cart.</param>
/// <param name="At">When it happened, in milliseconds since 1970.</param>
sealed record ShopEvent(int Sequence, string Id, string Type, string Cart, long At)
{
    public string? User { get; init; }

    public string? Product { get; init; }

    public int Quantity { get; init; } = 1;

    public long? Price { get; init; }

    /// <summary>Writes it as a native event, the same on every call.</summary>
    public void AppendTo(StringBuilder text)
    {
        // What does not compress, so that the journal comes to its segments' ends.
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
