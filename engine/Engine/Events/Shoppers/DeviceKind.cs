namespace CartRecovery.Engine.Events.Shoppers;

/// <summary>The shopper's device. The numbers are persisted and never change.</summary>
public enum DeviceKind : byte
{
    Unknown = 0,
    Mobile = 1,
    Tablet = 2,
    Desktop = 3,
}
