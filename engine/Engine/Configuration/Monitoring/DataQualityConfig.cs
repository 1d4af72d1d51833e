using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Monitoring;

/// <summary>The limits of the job 'data-quality': percentages of a store's events of the last hour above which it warns.</summary>
public sealed class DataQualityConfig
{
    [ConfigKey("Events without a userId, in percent. 100: never warns.", Min = "0", Max = "100")]
    public double WithoutUser { get; set; } = 100;

    [ConfigKey("Of add_to_cart and purchase, events without a price, in percent.", Min = "0", Max = "100")]
    public double WithoutPrice { get; set; } = 5;

    [ConfigKey("Of events with a price, those without a currency, in percent: they count in the store's. 100: never warns.", Min = "0", Max = "100")]
    public double WithoutCurrency { get; set; } = 100;

    [ConfigKey("Of events with a product, those whose product the shop has not described (POST /v1/products), in percent; only where it has described any.", Min = "0", Max = "100")]
    public double UnknownProduct { get; set; } = 20;

    [ConfigKey("Events that arrive more than an hour after they happened, in percent.", Min = "0", Max = "100")]
    public double Late { get; set; } = 10;

    [ConfigKey("Events that happened after they arrived, in percent: the sender's clock is ahead.", Min = "0", Max = "100")]
    public double Future { get; set; } = 5;

    [ConfigKey("Events whose time was out of range and was clamped, in percent.", Min = "0", Max = "100")]
    public double Clamped { get; set; } = 1;

    [ConfigKey("Events whose userId or cartId is an e-mail address or a telephone number, in percent: ids are not encrypted. 100: never warns.", Min = "0", Max = "100")]
    public double AddressIds { get; set; }

    [ConfigKey("Of all events received by the engine, duplicates, in percent.", Min = "0", Max = "100")]
    public double Duplicate { get; set; } = 20;

    [ConfigKey("Of all events received by the engine, rejected ones, in percent.", Min = "0", Max = "100")]
    public double Rejected { get; set; } = 5;

    [ConfigKey("How long a store that sent events may be silent.", Min = "1h", Max = "7d")]
    public Duration SilentAfter { get; set; } = Duration.FromHours(24);

    [ConfigKey("With fewer events, a percentage means nothing.", Min = "1", Max = "1000000")]
    public int MinEvents { get; set; } = 100;
}
