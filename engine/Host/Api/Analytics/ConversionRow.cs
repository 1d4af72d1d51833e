namespace CartRecovery.Host.Api.Analytics;

/// <summary>An order of a shopper in a campaign.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="At">When it was placed.</param>
/// <param name="Value">The value; negative for a refund.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Verified">Whether it was reported with a secret key.</param>
/// <param name="Journey">The journey.</param>
/// <param name="Intervention">The message it is attributed to.</param>
/// <param name="Touch">The attribution: click or view.</param>
sealed record ConversionRow(string CartId, DateTime At, double Value, string Currency, bool Verified, long Journey, string? Intervention, string? Touch);
