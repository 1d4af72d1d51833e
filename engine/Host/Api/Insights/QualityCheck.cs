namespace CartRecovery.Host.Api.Insights;

/// <summary>A check of events.</summary>
/// <param name="Name">The fault of the events that it counts: `without_user`, `without_price`, `without_currency`, `unknown_product`, `late`, `future`, `clamped`, `address_ids`, `silent`.</param>
/// <param name="Count">The number of failing events; for `silent`, the hours since the last event.</param>
/// <param name="Of">The number of checked events.</param>
/// <param name="Percent">The share in percent; null without events.</param>
/// <param name="Limit">The percentage in the configuration; for `silent`, the hours.</param>
/// <param name="Exceeded">Whether it exceeds the limit, and there are enough events.</param>
sealed record QualityCheck(string Name, long Count, long Of, double? Percent, double Limit, bool Exceeded)
{
    /// <summary>Compares a count with its limit.</summary>
    public static QualityCheck Compare(string name, long count, long of, double limit, int minEvents)
    {
        double? percent = of == 0 ? null : Math.Round(100.0 * count / of, 3);
        return new QualityCheck(name, count, of, percent, limit, of >= minEvents && percent > limit);
    }
}
