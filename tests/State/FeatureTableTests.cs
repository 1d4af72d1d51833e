using System.Globalization;
using System.Text;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;
using CartRecovery.Tests.State.Carts;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State;

public sealed class FeatureTableTests
{
    static readonly TimeZoneInfo s_amsterdam = TimeZoneInfo.FindSystemTimeZoneById("Europe/Amsterdam");

    [Test]
    public void Names_are_snake_case_and_unique()
    {
        Assert.That(FeatureTable.Names, Is.Unique);
        Assert.That(FeatureTable.Names, Has.All.Matches("^[a-z]+(_[a-z]+)*$"));
        Assert.That(FeatureTable.Names, Is.EqualTo(FeatureTable.All.Select(f => f.Name)));
    }

    [Test]
    public void Definitions_are_complete()
    {
        string[] units = ["count", "money", "seconds", "days", "ratio", "flag", "hour", "day", "weekday", "step"];
        foreach (var feature in FeatureTable.All)
        {
            Assert.That(units, Does.Contain(feature.Unit), feature.Name);
            Assert.That(feature.Description, Is.Not.Empty, feature.Name);
            Assert.That(feature.Computation, Is.Not.Empty, feature.Name);
        }

        Assert.That(FeatureTable.All.Select(f => f.Description), Is.Unique);
    }

    // Promised to clients by DESIGN §3.
    [Test]
    public void The_documented_names_exist() => Assert.That(FeatureTable.Names, Is.SupersetOf(new[]
    {
        "event_count", "page_views", "item_views", "adds", "removes", "item_count", "cart_value", "checkout_step", "purchases",
        "seconds_since_last_event", "session_seconds", "hour_of_day", "day_of_week", "average_item_price", "customer_orders",
        "customer_average_order_value", "customer_days_since_last_order", "customer_discount_share",
    }));

    [Test]
    public void An_unknown_feature_is_reported_by_name() =>
        Assert.That(() => FeatureTable.Get("cart_valu"), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("cart_valu"));

    // From Wednesday 2024-11-20, 09:40:00 UTC.
    [Test]
    public void Every_feature_of_a_cart_is_as_computed_by_hand()
    {
        var cart = Fold(
            Of("page_view") with { Session = "s0" },
            (Of("page_view") with { Session = "s1", User = "u1", Device = "mobile", Source = "email" }).After(10 * Second),
            View("p1", 30).After(20 * Second),
            View("p1", 30).After(30 * Second),
            View("p2", 12).After(40 * Second),
            View("p1", 30).After(50 * Second),
            Add("p1", 30, 2).After(60 * Second),
            Add("p2", 12).After(70 * Second),
            Remove("p1").After(80 * Second),
            Of("view_cart").After(90 * Second),
            Of("coupon_denied").After(100 * Second),
            Of("coupon_denied").After(101 * Second),
            Of("coupon_applied").After(102 * Second),
            Of("refund").After(103 * Second),
            Of("begin_checkout").After(110 * Second),
            Of("add_shipping_info").After(122_500));
        cart.History = new CustomerHistory { Orders = 4, DiscountedOrders = 1, OrderValue = 200_0000, LastOrderAt = cart.LastAt - 36 * 60 * Minute, Refunds = 2 };
        (cart.CategoryViews, cart.CategoryAdds) = ((Half)12.5, (Half)3);

        var distinct = 64 * Math.Log(64.0 / 62);
        var expected = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["event_count"] = 16,
            ["page_views"] = 2,
            ["item_views"] = 4,
            ["adds"] = 2,
            ["removes"] = 1,
            ["cart_views"] = 1,
            ["coupons_applied"] = 1,
            ["coupons_denied"] = 2,
            ["purchases"] = 0,
            ["refunds"] = 1,
            ["item_count"] = 2,
            ["cart_value"] = 42,
            ["average_item_price"] = 21,
            ["average_seen_price"] = 24,
            ["lowest_seen_price"] = 12,
            ["highest_seen_price"] = 30,
            ["last_seen_price"] = 12,
            ["price_spread"] = 0.6,
            ["distinct_products"] = distinct,
            ["repeat_view_share"] = 1 - distinct / 4,
            ["product_streak"] = 1,
            ["product_seconds"] = 42.5,
            ["product_returns"] = 3,
            ["category_views_now"] = 12.5,
            ["category_adds_now"] = 3,
            ["remove_add_ratio"] = 0.5,
            ["checkout_step"] = 2,
            ["seconds_since_last_event"] = 12.5,
            ["seconds_since_last_add"] = 52.5,
            ["session_seconds"] = 112.5,
            ["session_events"] = 15,
            ["session_count"] = 2,
            ["hour_of_day"] = 9,
            ["day_of_week"] = 3,
            ["day_of_month"] = 20,
            ["is_weekend"] = 0,
            ["is_holiday"] = 0,
            ["is_mobile"] = 1,
            ["is_tablet"] = 0,
            ["is_desktop"] = 0,
            ["from_direct"] = 0,
            ["from_organic"] = 0,
            ["from_paid"] = 0,
            ["from_email"] = 1,
            ["from_social"] = 0,
            ["from_referral"] = 0,
            ["is_known_customer"] = 1,
            ["customer_orders"] = 4,
            ["customer_average_order_value"] = 50,
            ["customer_days_since_last_order"] = 1.5,
            ["customer_discount_share"] = 0.25,
            ["customer_refunds"] = 2,
        };

        Assert.That(expected.Keys, Is.EquivalentTo(FeatureTable.Names));
        foreach (var (name, value) in expected)
        {
            Assert.That(cart.Feature(name), Is.EqualTo(value).Within(1e-5), name);
        }
    }

    [Test]
    public void What_changes_with_time_alone_is_declared()
    {
        var cart = Fold(Add("p1", 30));
        cart.History = new CustomerHistory { Orders = 1, LastOrderAt = cart.LastAt - Minute };
        var clock = new StoreClock(TimeZoneInfo.Utc) { Holidays = HolidayCalendar.Of("NL") };
        var now = clock.At(cart.LastAt);

        // An hour, a day, a Saturday, Christmas.
        long[] later = [3_600_000, 86_400_000, 3 * 86_400_000L, 35 * 86_400_000L];
        var changed = FeatureTable.All.Where(feature => later.Any(ms => feature.Compute(cart, clock.At(cart.LastAt + ms)) != feature.Compute(cart, now)));
        Assert.That(changed.Select(feature => feature.Name), Is.EqualTo(FeatureTable.All.Where(feature => feature.ChangesWithTime).Select(feature => feature.Name)));
    }

    [Test]
    public void What_a_feature_is_computed_from_is_declared()
    {
        var (cart, known, popular) = (default(CartRecord), default(CartRecord), default(CartRecord));
        known.History = new CustomerHistory { Orders = 4, DiscountedOrders = 1, OrderValue = 200_0000, LastOrderAt = 1, Refunds = 2 };
        (popular.CategoryViews, popular.CategoryAdds) = ((Half)12.5, (Half)3);
        var moment = new FeatureMoment(86_400_000, 86_400_000);

        foreach (var feature in FeatureTable.All)
        {
            var value = feature.Compute(cart, moment);
            Assert.That(feature.Compute(known, moment) != value, Is.EqualTo(feature.Source == FeatureSource.Customer), feature.Name);
            Assert.That(feature.Compute(popular, moment) != value, Is.EqualTo(feature.Source == FeatureSource.Shoppers), feature.Name);
        }
    }

    [Test]
    public void The_reference_of_features_is_current()
    {
        var text = new StringBuilder("""
            # Features

            You want to know what a feature of a condition, a segment or a model means. `GET /v1/features/definitions` lists the same. This page is generated from the engine's table; a
            test compares.

            - *From*: the cart's events; the customer's history over all carts; what all shoppers of the store do; or the store's clock. A cart keeps what concerns the customer and other
              shoppers as of its latest event.
            - *As of*: the cart's latest event, or the moment at which the feature is computed.
            - *Version* rises when the computation changes, so that values of before and after are not taken for the same.

            | feature | unit | meaning | computation | from | as of | version |
            |---|---|---|---|---|---|---:|

            """);
        foreach (var f in FeatureTable.All)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| `{f.Name}` | {f.Unit} | {f.Description} | {f.Computation} | {f.Source.ToString().ToLowerInvariant()} | {(f.ChangesWithTime ? "moment" : "event")} | {f.Version} |\n");
        }

        var path = Path.Combine(Repository.Root, "docs", "features.md");
        if (Environment.GetEnvironmentVariable("CARTRECOVERY_UPDATE") is not null)
        {
            File.WriteAllText(path, text.ToString());
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(text.ToString()),
            "Raise the version of a feature whose computation changed. Then: CARTRECOVERY_UPDATE=1 dotnet test --filter The_reference_of_features_is_current");
    }

    [Test]
    public void A_cart_of_one_event_has_every_feature()
    {
        var cart = Fold(Of("page_view"));
        foreach (var name in FeatureTable.Names)
        {
            Assert.That(float.IsFinite(cart.Feature(name)), Is.True, name);
        }

        string[] never = ["seconds_since_last_add", "customer_days_since_last_order"];
        foreach (var name in never)
        {
            Assert.That(cart.Feature(name), Is.EqualTo(-1), name);
        }

        string[] zero = ["average_item_price", "average_seen_price", "repeat_view_share", "remove_add_ratio", "seconds_since_last_event",
            "customer_average_order_value", "customer_discount_share", "is_known_customer", "lowest_seen_price"];
        foreach (var name in zero)
        {
            Assert.That(cart.Feature(name), Is.Zero, name);
        }
    }

    [TestCase("mobile", "is_mobile")]
    [TestCase("tablet", "is_tablet")]
    [TestCase("desktop", "is_desktop")]
    public void A_device_has_one_flag(string device, string feature)
    {
        var cart = Fold(Of("page_view") with { Device = device });
        Assert.That(FeatureTable.Names.Where(name => name.StartsWith("is_", StringComparison.Ordinal) && cart.Feature(name) == 1), Is.EqualTo(new[] { feature }));
    }

    [Test]
    public void A_source_has_one_flag([Values("direct", "organic", "paid", "email", "social", "referral")] string source)
    {
        var cart = Fold(Of("page_view") with { Source = source });
        Assert.That(FeatureTable.Names.Where(name => name.StartsWith("from_", StringComparison.Ordinal) && cart.Feature(name) == 1),
            Is.EqualTo(new[] { $"from_{source}" }));
    }

    [TestCase("begin_checkout", 1)]
    [TestCase("add_shipping_info", 2)]
    [TestCase("add_payment_info", 3)]
    [TestCase("purchase", 4)]
    public void Checkout_steps_are_numbered(string type, int step) => Assert.That(Fold(Of(type)).Feature("checkout_step"), Is.EqualTo(step));

    [Test]
    public void Inactivity_is_measured_up_to_the_evaluation_time()
    {
        var cart = Fold(Add("p1"), Of("page_view").After(20 * Second));
        Assert.That(cart.Feature("seconds_since_last_event"), Is.EqualTo(20));
        Assert.That(cart.Feature("seconds_since_last_event", Start + 80 * Second), Is.EqualTo(60));
        Assert.That(cart.Feature("seconds_since_last_add", Start + 80 * Second), Is.EqualTo(80));
    }

    [Test]
    public void Ratios_are_at_most_one()
    {
        Assert.That(Fold(Add("p1"), Remove("p1"), Remove("p1"), Remove("p1")).Feature("remove_add_ratio"), Is.EqualTo(1));
        Assert.That(Fold(View("p1")).Feature("repeat_view_share"), Is.Zero);
    }

    [TestCase("2024-03-30T22:30:00Z", 23, 6, 1)]
    [TestCase("2024-03-31T00:59:59.999Z", 1, 0, 1)]
    [TestCase("2024-03-31T01:00:00Z", 3, 0, 1)]
    [TestCase("2024-03-31T21:59:59Z", 23, 0, 1)]
    [TestCase("2024-03-31T22:00:00Z", 0, 1, 0)]
    [TestCase("2024-10-26T22:00:00Z", 0, 0, 1)]
    [TestCase("2024-10-27T00:59:59.999Z", 2, 0, 1)]
    [TestCase("2024-10-27T01:00:00Z", 2, 0, 1)]
    [TestCase("2024-10-27T02:00:00Z", 3, 0, 1)]
    [TestCase("2024-10-27T23:00:00Z", 0, 1, 0)]
    public void Hour_and_weekday_use_the_stores_time_zone(string at, int hour, int weekday, int weekend)
    {
        var moment = DateTimeOffset.Parse(at).ToUnixTimeMilliseconds();
        var cart = Fold(Of("page_view") with { At = moment });
        Assert.That((cart.Feature("hour_of_day", zone: s_amsterdam), cart.Feature("day_of_week", zone: s_amsterdam), cart.Feature("is_weekend", zone: s_amsterdam)),
            Is.EqualTo(((float)hour, (float)weekday, (float)weekend)));
    }

    [Test]
    public void A_vector_has_the_features_in_its_own_order()
    {
        var vector = new FeatureVector(["cart_value", "event_count", "adds"]);
        var cart = Fold(Add("p1", 5), Of("page_view"));
        var row = new float[3];
        vector.Fill(cart, new StoreClock(TimeZoneInfo.Utc).At(cart.LastAt), row);

        Assert.That(row, Is.EqualTo(new[] { 5f, 2f, 1f }));
        Assert.That((vector.Count, vector.IndexOf("adds"), vector.IndexOf("removes")), Is.EqualTo((3, 2, -1)));
        Assert.That(() => new FeatureVector(["adds", "nonsense"]), Throws.TypeOf<KeyNotFoundException>());
    }
}
