namespace CartRecovery.Engine.Events.Shoppers;

/// <summary>Parses the names of devices and sources.</summary>
static class ShopperContext
{
    public static DeviceKind ParseDevice(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("mobile"u8) ? DeviceKind.Mobile
        : name.SequenceEqual("tablet"u8) ? DeviceKind.Tablet
        : name.SequenceEqual("desktop"u8) ? DeviceKind.Desktop : DeviceKind.Unknown;

    public static TrafficSource ParseSource(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("direct"u8) ? TrafficSource.Direct
        : name.SequenceEqual("organic"u8) ? TrafficSource.Organic
        : name.SequenceEqual("paid"u8) ? TrafficSource.Paid
        : name.SequenceEqual("email"u8) ? TrafficSource.Email
        : name.SequenceEqual("social"u8) ? TrafficSource.Social
        : name.SequenceEqual("referral"u8) ? TrafficSource.Referral : TrafficSource.Unknown;
}
