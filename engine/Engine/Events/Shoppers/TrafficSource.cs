namespace CartRecovery.Engine.Events.Shoppers;

/// <summary>The shopper's traffic source. The numbers are persisted and never change.</summary>
public enum TrafficSource : byte
{
    Unknown = 0,
    Direct = 1,
    Organic = 2,
    Paid = 3,
    Email = 4,
    Social = 5,
    Referral = 6,
}
