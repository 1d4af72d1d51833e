using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Primitives;
using static CartRecovery.Tests.Events.EventReading;

namespace CartRecovery.Tests.Events.Json;

/// <summary>The values of an event: prices, quantities, currencies, times.</summary>
public sealed class JsonEventDecoderValueTests : JsonEventDecoderFixture
{
    [TestCase("mobile", DeviceKind.Mobile)]
    [TestCase("tablet", DeviceKind.Tablet)]
    [TestCase("desktop", DeviceKind.Desktop)]
    [TestCase("watch", DeviceKind.Unknown)]
    [TestCase("", DeviceKind.Unknown)]
    public void The_device_is_read_from_the_event_or_from_meta(string name, DeviceKind expected)
    {
        Accept($$"""{{{Required}},"meta":{"device":"{{name}}"} }""");
        Assert.That(Decoder.Record.Device, Is.EqualTo(expected));
        Accept($$"""{{{Required}},"device":"{{name}}"}""");
        Assert.That(Decoder.Record.Device, Is.EqualTo(expected));
    }

    [TestCase("direct", TrafficSource.Direct)]
    [TestCase("organic", TrafficSource.Organic)]
    [TestCase("paid", TrafficSource.Paid)]
    [TestCase("email", TrafficSource.Email)]
    [TestCase("social", TrafficSource.Social)]
    [TestCase("referral", TrafficSource.Referral)]
    [TestCase("carrier pigeon", TrafficSource.Unknown)]
    public void The_source_is_read_from_the_event_or_from_meta(string name, TrafficSource expected)
    {
        Accept($$"""{{{Required}},"meta":{"source":"{{name}}"} }""");
        Assert.That(Decoder.Record.Source, Is.EqualTo(expected));
        Accept($$"""{{{Required}},"source":"{{name}}"}""");
        Assert.That(Decoder.Record.Source, Is.EqualTo(expected));
    }

    [TestCase("0", 0)]
    [TestCase("-0.0", 0)]
    [TestCase("19.99", 199_900)]
    [TestCase("0.0001", 1)]
    [TestCase("0.00004", 0)]
    [TestCase("1.99999", 20_000)]
    [TestCase("1e3", 10_000_000)]
    [TestCase("123456789.1234", 1_234_567_891_234)]
    [TestCase("1000000000", 10_000_000_000_000)]
    public void A_price_has_four_decimals(string price, long expected)
    {
        Accept($$"""{{{Required}},"price":{{price}}}""");
        Assert.That((Decoder.Record.Price, Decoder.Record.Flags), Is.EqualTo((expected, EventFlags.HasPrice)));
    }

    [TestCase("-0.01")]
    [TestCase("1000000000.01")]
    [TestCase("1e400")]
    [TestCase("-1e400")]
    public void A_price_out_of_range_is_rejected(string price) => Refuse($$"""{{{Required}},"price":{{price}}}""", "out_of_range", "price");

    [TestCase("1", 1)]
    [TestCase("100000", 100_000)]
    [TestCase("3.0", 3)]
    [TestCase("1e2", 100)]
    public void A_quantity_may_be_written_in_any_way(string quantity, int expected)
    {
        Accept($$"""{{{Required}},"quantity":{{quantity}}}""");
        Assert.That(Decoder.Record.Quantity, Is.EqualTo(expected));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("100001")]
    [TestCase("99999999999999999999")]
    [TestCase("1e400")]
    public void A_quantity_out_of_range_is_rejected(string quantity) =>
        Refuse($$"""{{{Required}},"quantity":{{quantity}}}""", "out_of_range", "quantity");

    [TestCase("EUR")]
    [TestCase("eur")]
    [TestCase("EuR")]
    public void A_currency_has_three_letters(string currency)
    {
        Accept($$"""{{{Required}},"currency":"{{currency}}"}""");
        Assert.That(CurrencyCode.ToString(Decoder.Record.Currency), Is.EqualTo("EUR"));
        Assert.That(Decoder.Record.Currency, Is.EqualTo(CurrencyCode.Parse("EUR")));
    }

    [TestCase("")]
    [TestCase("EU")]
    [TestCase("EURO")]
    [TestCase("E1R")]
    [TestCase("€")]
    [TestCase("US$")]
    public void An_invalid_currency_is_rejected(string currency) => Refuse($$"""{{{Required}},"currency":"{{currency}}"}""", "out_of_range", "currency");

    [TestCase("1732095600000", Now)]
    [TestCase("1732095600000.0", Now)]
    [TestCase("1.7320956e12", Now)]
    [TestCase("1732095600000.9", Now)]
    [TestCase("\"2024-11-20T09:40:00Z\"", Now)]
    [TestCase("\"2024-11-20T09:40Z\"", Now)]
    [TestCase("\"2024-11-20T09:40:00.123Z\"", Now + 123)]
    [TestCase("\"2024-11-20T09:40:00.123456789Z\"", Now + 123)]
    [TestCase("\"2024-11-20T10:40:00+01:00\"", Now)]
    [TestCase("\"2024-11-20T04:40:00-05:00\"", Now)]
    [TestCase("\"2024-11-20T15:25:00.5+05:45\"", Now + 500)]
    public void A_time_is_a_number_or_RFC_3339(string ts, long expected)
    {
        Accept($$"""{{{Required}},"ts":{{ts}}}""");
        Assert.That((Decoder.Record.Timestamp, Decoder.Record.Flags), Is.EqualTo((expected, EventFlags.None)));
    }

    [TestCase("")]
    [TestCase("yesterday")]
    [TestCase("2024-11-20")]
    [TestCase("2024-11-20T09:40")]
    [TestCase("2024-11-20T09:40:00")]
    [TestCase("2024-11-20T09:40:00.123")]
    [TestCase("2024-11-20 09:40:00Z")]
    [TestCase("2024-02-30T09:40:00Z")]
    [TestCase("2024-11-20T25:40:00Z")]
    [TestCase("2024-11-20T09:40:00+1:00")]
    [TestCase("2024-11-20T09:40:00 +01:00")]
    [TestCase("2024-11-20T09:40:00Z ")]
    [TestCase("Wed, 20 Nov 2024 09:40:00 GMT")]
    public void A_time_in_another_format_or_without_a_zone_is_rejected(string ts) => Refuse($$"""{{{Required}},"ts":"{{ts}}"}""", "invalid_timestamp", "ts");

    [TestCase("1732009200000", Now - Day, false)]
    [TestCase("1732009199999", Now - Day, true)]
    [TestCase("1732095900000", Now + 5 * Minute, false)]
    [TestCase("1732095900001", Now + 5 * Minute, true)]
    [TestCase("0", Now - Day, true)]
    [TestCase("-1", Now - Day, true)]
    [TestCase("1732095600000000000000", Now + 5 * Minute, true)]
    [TestCase("9223372036854775807", Now + 5 * Minute, true)]
    [TestCase("99999999999999999999", Now + 5 * Minute, true)]
    [TestCase("-99999999999999999999", Now - Day, true)]
    [TestCase("1e400", Now + 5 * Minute, true)]
    [TestCase("-1e400", Now - Day, true)]
    [TestCase("\"1970-01-01T00:00:00Z\"", Now - Day, true)]
    [TestCase("\"9999-12-31T23:59:59Z\"", Now + 5 * Minute, true)]
    public void A_time_out_of_range_is_clamped_and_flagged(string ts, long expected, bool clamped)
    {
        Accept($$"""{{{Required}},"ts":{{ts}}}""");
        Assert.That(Decoder.Record.Timestamp, Is.EqualTo(expected));
        Assert.That(Decoder.Record.Flags, Is.EqualTo(clamped ? EventFlags.Clamped : EventFlags.None));
    }
}
