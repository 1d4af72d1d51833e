using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Tests.State;

/// <summary>
/// The records' layouts on disk. A change of these numbers is a change of format: it needs a new shape and a conversion of the old records.
/// </summary>
public sealed class RecordLayoutTests
{
    // With FASTER's header and key a cart takes 14 cache lines.
    const string Cart = """
        FirstAt 0, LastAt 8, LastReceivedAt 16, LastGap 24, SessionStartedAt 32, Session 40, OwnerSession 48, LastAddAt 56, PurchasedAt 64,
        TimerAt 72, IdleDoneAt 80, LastInterventionAt 88, ConnectionId 96, ProductSketch 104, LastProduct 112, ProductSince 120, PriceSum 128,
        PriceLowest 136, PriceHighest 144, PriceLast 152, Value 160, History 168, Units 200, PriceCount 204, ProductStreak 208,
        ProductReturns 212, EventCount 216, SessionEvents 220, SessionCount 224, Currency 228, Store 232, Checkout 234, Device 235, Source 236,
        LineCount 237, CartLength 238, UserLength 239, SessionLength 240, Version 241, UserStanding 242, Standing 243, Counts 244, LastTurn 436, Suspicion 438, Bot 439, Lines 440, Others 608, CartText 632,
        UserText 696, SessionText 760, OwnerSecret 824, LastOrder 832, ConditionalAt 840, Conditional 848, Subject 856, CategoryViews 864, CategoryAdds 866, Reserved 868; 872
        """;

    const string CartVersion3 = """
        FirstAt 0, LastAt 8, LastGap 16, SessionStartedAt 24, Session 32, OwnerSession 40, LastAddAt 48, PurchasedAt 56, TimerAt 64,
        IdleDoneAt 72, LastInterventionAt 80, ConnectionId 88, ProductSketch 96, LastProduct 104, ProductSince 112, PriceSum 120,
        PriceLowest 128, PriceHighest 136, PriceLast 144, Value 152, History 160, ItemCount 192, PriceCount 196, ProductStreak 200,
        ProductReturns 204, EventCount 208, SessionEvents 212, SessionCount 216, Currency 220, Store 224, Checkout 226, Device 227, Source 228,
        LineCount 229, CartLength 230, UserLength 231, SessionLength 232, Counts 236, Lines 328, Others 496, CartText 520, UserText 584,
        SessionText 648; 712
        """;

    [Test]
    public void A_carts_record_keeps_its_layout() => Assert.That(LayoutOf<CartRecord>(), Is.EqualTo(Flat(Cart)));

    [Test]
    public void A_customers_record_keeps_its_layout() =>
        Assert.That(LayoutOf<CustomerRecord>(), Is.EqualTo("History 0, Version 32, Reserved 33, Recent 40; 64"));

    [Test]
    public void A_customers_history_keeps_its_layout() => Assert.That(
        LayoutOf<CustomerHistory>(), Is.EqualTo("OrderValue 0, LastOrderAt 8, Orders 16, DiscountedOrders 20, CouponPending 24, ForeignOrders 26, Refunds 28; 32"));

    [Test]
    public void A_line_keeps_its_layout() => Assert.That(LayoutOf<CartLine>(), Is.EqualTo("Product 0, Value 8, Units 16, Currency 20; 24"));

    [Test]
    public void The_records_of_format_3_keep_their_layout()
    {
        Assert.That(LayoutOf<CartRecordVersion3>(), Is.EqualTo(Flat(CartVersion3)));
        Assert.That(LayoutOf<CustomerRecordVersion3>(), Is.EqualTo("History 0; 32"));
    }

    [Test]
    public void No_arrays_length_depends_on_a_table_or_a_limit()
    {
        Assert.That(Unsafe.SizeOf<TypeCounts>(), Is.EqualTo(48 * sizeof(uint)));
        Assert.That(Unsafe.SizeOf<TypeCountsVersion3>(), Is.EqualTo(22 * sizeof(uint)));
        Assert.That(Unsafe.SizeOf<CartLines>(), Is.EqualTo(7 * 24));
        Assert.That(Unsafe.SizeOf<IdText>(), Is.EqualTo(64));
    }

    [Test]
    public void Every_event_type_and_every_id_fits()
    {
        Assert.That(EventTypes.Count, Is.LessThanOrEqualTo(TypeCounts.Capacity));
        Assert.That(EventSlab.MaxIdLength, Is.LessThanOrEqualTo(IdText.Capacity));
    }

    // The enums are persisted as numbers: inserting a member must not move another.
    [Test]
    public void Persisted_enums_keep_their_numbers()
    {
        Assert.That(NumbersOf<CheckoutStep>(), Is.EqualTo("None 0, Begun 1, Shipping 2, Payment 3, Purchased 4"));
        Assert.That(NumbersOf<DeviceKind>(), Is.EqualTo("Unknown 0, Mobile 1, Tablet 2, Desktop 3"));
        Assert.That(NumbersOf<TrafficSource>(), Is.EqualTo("Unknown 0, Direct 1, Organic 2, Paid 3, Email 4, Social 5, Referral 6"));
        Assert.That(NumbersOf<Contracts.AddressKind>(), Is.EqualTo("None 0, Email 1, Phone 2, Push 3"));
        Assert.That(NumbersOf<Engine.Journeys.Tables.JourneyState>(), Is.EqualTo("Active 0, Completed 1, Exited 2, Observed 3"));
        Assert.That(NumbersOf<Engine.Journeys.Tables.MessageState>(), Is.EqualTo("Scheduled 0, Sending 1, Sent 2, Withheld 3"));
        Assert.That(NumbersOf<Engine.Journeys.Tracking.LinkKind>(), Is.EqualTo("Restore 1, Unsubscribe 2, Open 3, Cart 4, Confirm 5"));
        Assert.That(NumbersOf<Engine.Journal.EntryKind>(), Does.StartWith("None 0, Events 1, LegacyDecisions 2, LegacyPersisted 3, Tick 4, Decisions 5, CustomerEvents 6, UndeliveredDecisions 7, Configuration 8"));
    }

    static string NumbersOf<T>()
        where T : struct, Enum =>
        string.Join(", ", Enum.GetValues<T>().Select(value => $"{value} {value:D}"));

    static string LayoutOf<T>()
        where T : unmanaged =>
        $"{string.Join(", ", typeof(T).GetFields().Where(f => !f.IsStatic).Select(f => $"{f.Name} {Marshal.OffsetOf<T>(f.Name)}"))}; {Unsafe.SizeOf<T>()}";

    static string Flat(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
