using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// The state of one cart, of fixed width and without references, so that FASTER can update it in place, spill it to disk and checkpoint
/// it as is. Fields used by every event come first; the ids, used only by decisions, come last. Times are milliseconds since 1970 UTC in
/// event time unless stated, 0 for never; money is in <see cref="Money"/> units. The layout is persisted: a new field takes bytes of
/// <see cref="Reserved"/>, and 0 in it means "never". Any other change needs a new <see cref="Shape"/> and a conversion.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct CartRecord
{
    /// <summary>The number of this layout in checkpoints. 3 was <see cref="CartRecordVersion3"/>.</summary>
    public const int Shape = 4;

    /// <summary>
    /// A value of <see cref="IdleDoneAt"/>: no idle period runs, because the time of the latest event was out of range and nobody is contacted on it.
    /// </summary>
    public const long NeverIdle = long.MaxValue;

    /// <summary>The current value of <see cref="Version"/>.</summary>
    public const byte CurrentVersion = 5;

    /// <summary>The time of the first event.</summary>
    public long FirstAt;

    /// <summary>The time of the latest event.</summary>
    public long LastAt;

    /// <summary>When the latest event was received, on its partition's clock. Idle time counts from here; 0 in older records.</summary>
    public long LastReceivedAt;

    /// <summary>The time between the latest event and the one before it, in milliseconds.</summary>
    public long LastGap;

    /// <summary>The start of the latest event's session.</summary>
    public long SessionStartedAt;

    /// <summary>The key of that session's id; 0 for none.</summary>
    public ulong Session;

    /// <summary>The key of the session that began the cart.</summary>
    public ulong OwnerSession;

    /// <summary>The time of the latest addition to the cart.</summary>
    public long LastAddAt;

    /// <summary>The time of the latest purchase of the cart.</summary>
    public long PurchasedAt;

    /// <summary>The deadline of the cart's timer; 0 for none.</summary>
    public long TimerAt;

    /// <summary>The time up to which idle campaigns have been evaluated in this idle period; 0 for none.</summary>
    public long IdleDoneAt;

    /// <summary>The time of the cart's latest decided intervention.</summary>
    public long LastInterventionAt;

    /// <summary>The connection that last changed the cart and may receive its interventions; 0 for none.</summary>
    public long ConnectionId;

    /// <summary>A 64-bit linear-counting sketch of the products seen (Whang et al. 1990).</summary>
    public ulong ProductSketch;

    /// <summary>The product of the session's latest event that named one; 0 for none.</summary>
    public ulong LastProduct;

    /// <summary>The start of the current run of events that name it.</summary>
    public long ProductSince;

    /// <summary>The sum of the prices seen, for their mean.</summary>
    public long PriceSum;

    /// <summary>The lowest price seen.</summary>
    public long PriceLowest;

    /// <summary>The highest price seen.</summary>
    public long PriceHighest;

    /// <summary>The latest price seen.</summary>
    public long PriceLast;

    /// <summary>The value of the cart's contents.</summary>
    public long Value;

    /// <summary>The customer's history as of the latest event that named the customer.</summary>
    public CustomerHistory History;

    /// <summary>The quantity in the cart, in thousandths; whole units before version 3. Saturates.</summary>
    public int Units;

    /// <summary>The number of events with a price.</summary>
    public uint PriceCount;

    /// <summary>The number of consecutive events that name <see cref="LastProduct"/>; events without a product are ignored.</summary>
    public uint ProductStreak;

    /// <summary>The number of returns to a product seen before another one.</summary>
    public uint ProductReturns;

    public uint EventCount;
    public uint SessionEvents;
    public uint SessionCount;

    /// <summary>The ISO 4217 code, first letter lowest.</summary>
    public uint Currency;

    public ushort Store;

    /// <summary>The furthest checkout step: see <see cref="CheckoutStep"/>.</summary>
    public CheckoutStep Checkout;

    public DeviceKind Device;
    public TrafficSource Source;

    /// <summary>The number of lines in use.</summary>
    public byte LineCount;

    public byte CartLength;
    public byte UserLength;
    public byte SessionLength;

    /// <summary>Which fields the record's writer knew; raised when a field takes bytes of <see cref="Reserved"/>. See <see cref="Upgrade"/>.</summary>
    public byte Version;

    /// <summary>The highest standing of an event that named the present user. In bytes that were 0 in version 1.</summary>
    public Standing UserStanding;

    /// <summary>The highest standing of the cart's events.</summary>
    public Standing Standing;

    /// <summary>The number of events of each type.</summary>
    public TypeCounts Counts;

    /// <summary>How long the shopper stayed with the product before the latest one, for <see cref="BotTiming"/>. In bytes that were padding.</summary>
    public ushort LastTurn;

    /// <summary>How much the shopper's rhythm resembles a program's.</summary>
    public byte Suspicion;

    /// <summary>Why the cart counts as a bot's.</summary>
    public BotEvidence Bot;

    /// <summary>The contents of the cart, in order of addition.</summary>
    public CartLines Lines;

    /// <summary>
    /// The products beyond the available lines, combined: those of the cart's currency. In place of a product it has the units of
    /// currencies for which there was no line; they have no value.
    /// </summary>
    public CartLine Others;

    public IdText CartText;
    public IdText UserText;
    public IdText SessionText;

    /// <summary>The key of the secret that proves the right to the cart; 0 for none.</summary>
    public ulong OwnerSecret;

    /// <summary>The key of the cart's latest order that named its id; 0 for none. In bytes that were 0 in version 2.</summary>
    public ulong LastOrder;

    /// <summary>When the present window of <see cref="Conditional"/> began; 0 for never. In bytes that were 0 in version 3.</summary>
    public long ConditionalAt;

    /// <summary>The campaigns, by their numbers, of the cart's conditional decisions since then. In bytes that were 0 in version 3.</summary>
    public ulong Conditional;

    /// <summary>
    /// The hash by which a canary takes the cart or not: of the user that the cart's first event named, or of the cart. It stays when the shopper is named later.
    /// In bytes that were 0 in version 4.
    /// </summary>
    public ulong Subject;

    /// <summary>How often the category of the latest event with a product was looked at, as of that event: <see cref="EventRecord.CategoryViews"/>. In bytes that were 0 before.</summary>
    public Half CategoryViews;

    /// <summary>How often products of that category were put into carts and bought. In bytes that were 0 before.</summary>
    public Half CategoryAdds;

    /// <summary>Space for new fields; all zero.</summary>
    public CartReserve Reserved;

    /// <summary>
    /// Converts a record of an earlier version: of version 1, written before events had a standing, when every user counted, and every cart;
    /// of version 2, with whole quantities; of version 3, which knew no conditional decisions; and of version 4, without a subject. Idempotent.
    /// </summary>
    public void Upgrade()
    {
        if (Version < CurrentVersion)
        {
            UpgradeVersion();
        }
    }

    void UpgradeVersion()
    {
        // A record that is about to begin has no version yet.
        if (EventCount == 0)
        {
            return;
        }

        Subject = SubjectOf(UserId, Hash128.Of(CartId, Store));
        if (Version < 2)
        {
            Standing = Standing.Server;
            UserStanding = UserLength > 0 ? Standing.Server : Standing.Claimed;
        }

        if (Version >= 3)
        {
            Version = CurrentVersion;
            return;
        }

        Version = CurrentVersion;
        Units = ThousandthsOf(Units);
        foreach (ref var line in (Span<CartLine>)Lines)
        {
            (line.Units, line.Currency) = (ThousandthsOf(line.Units), 0);
        }

        (Others.Units, Others.Currency) = (ThousandthsOf(Others.Units), 0);
    }

    static int ThousandthsOf(int units) => (int)Math.Min((long)units * Quantity.PerUnit, int.MaxValue);

    /// <summary>The quantity in the cart, in units.</summary>
    public readonly decimal ItemCount => Quantity.ToDecimal(Units);

    /// <summary>
    /// Returns whether the latest intervention is old enough to allow another. If false at a moment, it stays false for that moment.
    /// </summary>
    public readonly bool IsFree(long at, long window) => LastInterventionAt == 0 || at - LastInterventionAt >= window;

    /// <summary>
    /// Returns the campaigns, by their numbers, for which the cart had a conditional decision within the window. They leave the cart free for other campaigns, and
    /// are decided again after it.
    /// </summary>
    public readonly ulong ConditionalSince(long at, long window) => ConditionalAt != 0 && at - ConditionalAt < window ? Conditional : 0;

    /// <summary>Records a conditional decision.</summary>
    public void AddConditional(int number, long at, long window)
    {
        var former = ConditionalSince(at, window);
        (ConditionalAt, Conditional) = (former == 0 ? at : ConditionalAt, former | (1UL << number));
    }

    /// <summary>Frees the window that a decision took, unless a later one has it.</summary>
    /// <param name="number">The campaign's number, for a conditional decision; beyond the last one for none.</param>
    /// <param name="at">The decision's time.</param>
    public void Release(int number, long at)
    {
        LastInterventionAt = LastInterventionAt == at ? 0 : LastInterventionAt;
        if (number < 8 * sizeof(ulong) && ConditionalAt != 0 && at >= ConditionalAt)
        {
            Conditional &= ~(1UL << number);
        }
    }

    /// <summary>Returns the <see cref="Subject"/> of a cart.</summary>
    /// <param name="user">The customer's id in UTF-8; empty while nobody is named.</param>
    /// <param name="cart">The cart's key.</param>
    public static ulong SubjectOf(ReadOnlySpan<byte> user, in Hash128 cart) =>
        user.IsEmpty ? cart.Low ^ BitOperations.RotateLeft(cart.High, 32) : Hash128.Of(user, seed: 0).Low;

    /// <summary>When the cart's idle time began.</summary>
    public readonly long QuietSince => LastReceivedAt != 0 ? LastReceivedAt : LastAt;

    /// <summary>Offset of the user's id in the record, in bytes.</summary>
    internal static int UserOffset { get; } = OffsetOf((ref cart) => ref Unsafe.As<IdText, byte>(ref cart.UserText));

    /// <summary>Offset of <see cref="Bot"/> in the record, in bytes.</summary>
    internal static int BotOffset { get; } = OffsetOf((ref cart) => ref Unsafe.As<BotEvidence, byte>(ref cart.Bot));

    /// <summary>Offset of <see cref="CategoryViews"/> in the record, in bytes.</summary>
    internal static int CategoryOffset { get; } = OffsetOf((ref cart) => ref Unsafe.As<Half, byte>(ref cart.CategoryViews));

    /// <summary>Returns the number of events of a type.</summary>
    public readonly uint CountOf(EventType type) => Counts[(int)type];

    /// <summary>The cart's id as the shop writes it, in UTF-8.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> CartId => ((ReadOnlySpan<byte>)CartText)[..CartLength];

    /// <summary>The user's id; empty for an anonymous shopper.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> UserId => ((ReadOnlySpan<byte>)UserText)[..UserLength];

    /// <summary>The session's id; empty for none.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> SessionId => ((ReadOnlySpan<byte>)SessionText)[..SessionLength];

    delegate ref byte FieldOf(ref CartRecord cart);

    static int OffsetOf(FieldOf field)
    {
        var cart = default(CartRecord);
        return (int)Unsafe.ByteOffset(ref Unsafe.As<CartRecord, byte>(ref cart), ref field(ref cart));
    }
}

/// <summary>A counter for each event type, with room for new types.</summary>
[InlineArray(Capacity)]
public struct TypeCounts
{
    /// <summary>Number of types that fit, fixed by the format; the highest type's number is less.</summary>
    public const int Capacity = 48;
    uint _first;
}

/// <summary>Unused bytes of a cart's record.</summary>
[InlineArray(Size)]
public struct CartReserve
{
    public const int Size = 4;
    byte _first;
}
