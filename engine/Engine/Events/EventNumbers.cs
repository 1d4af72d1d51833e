using System.Text.Json;

namespace CartRecovery.Engine.Events;

/// <summary>The numbers of an event, as a client writes them.</summary>
static class EventNumbers
{
    /// <summary>Units: a whole number from 1 to <see cref="Money.MaxQuantity"/>, however it is written.</summary>
    public static bool TryReadQuantity(ref Utf8JsonReader reader, out int quantity)
    {
        if (!reader.TryGetInt32(out quantity) && reader.TryGetDouble(out var real) && Math.Floor(real) == real)
        {
            quantity = (int)Math.Clamp(real, 0, int.MaxValue);
        }

        return quantity is >= 1 and <= Money.MaxQuantity;
    }

    /// <summary>A price of 0 to <see cref="Money.MaxPrice"/> in <see cref="Money"/> units, rounded to the nearest.</summary>
    public static bool TryReadPrice(ref Utf8JsonReader reader, out long price)
    {
        var isFine = reader.TryGetDouble(out var real) && real is >= 0 and <= Money.MaxPrice;
        price = isFine ? (long)Math.Round(real * Money.PerUnit) : 0;
        return isFine;
    }
}
