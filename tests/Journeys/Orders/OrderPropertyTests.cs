using CartRecovery.Engine.Events;
using FsCheck.Fluent;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Orders;

/// <summary>Compares orders with a slow reference model, whatever the sequence of their events.</summary>
public sealed class OrderPropertyTests
{
    static readonly string?[] s_currencies = [null, "EUR", "USD"];

    [FsCheck.NUnit.Property(MaxTest = 80)]
    public FsCheck.Property What_is_left_is_the_last_value_less_the_refunds_and_never_below_0() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            using var shop = new JourneyFixture([Series(Step("socket"))]);
            shop.Decide("c1", "u1");
            var teller = new OrderTeller(shop);
            var models = new Dictionary<string, Model>(StringComparer.Ordinal) { ["o1"] = new(), ["o2"] = new() };
            for (var i = random.Next(2, 16); i > 0; i--)
            {
                var order = random.Next(3) > 0 ? "o1" : "o2";
                var (amount, currency, cart) = (random.Next(1, 60), s_currencies[random.Next(3)], random.Next(2) == 0 ? "c1" : "c2");
                switch (random.Next(6))
                {
                    case 0:
                        models[order].Total(amount, currency);
                        teller.Tell(EventType.Purchase, order, amount, currency, product: (ulong)random.Next(3), isWhole: true, cart: cart);
                        break;
                    case 1 or 2:
                        var product = (ulong)random.Next(1, 4);
                        models[order].Line(product, amount, currency);
                        teller.Tell(EventType.Purchase, order, amount, currency, product, cart: cart);
                        break;
                    case 3 or 4:
                        models[order].Refunds.Add((amount, currency));
                        teller.Tell(EventType.Refund, order, amount, currency, cart: cart);
                        break;
                    default:
                        var isCancelled = random.Next(3) == 0;
                        models[order].IsReturned |= isCancelled;
                        teller.Tell(isCancelled ? EventType.OrderCancelled : EventType.PageView, order, null, currency, cart: cart);
                        break;
                }

                foreach (var (id, model) in models)
                {
                    Assert.That(teller.Left(id), Is.EqualTo(model.Left()), $"seed {seed}, {id}");
                }
            }

            Assert.That(shop.Count("SELECT count(*) FROM conversion WHERE value>0 AND returned<>((SELECT sum(c.value) FROM conversion c "
                + "WHERE c.order_id=conversion.order_id AND c.currency=conversion.currency)=0)"), Is.Zero);
            return true;
        });

    sealed class Model
    {
        readonly List<(ulong Product, decimal Value, string Currency)> _rows = [];

        public List<(decimal Amount, string? Currency)> Refunds { get; } = [];

        public bool IsReturned { get; set; }

        public void Total(decimal value, string? currency)
        {
            var known = _rows.Count > 0 ? _rows[0].Currency : "EUR";
            _rows.Clear();
            _rows.Add((0, value, currency ?? known));
        }

        public void Line(ulong product, decimal value, string? currency)
        {
            var at = _rows.FindIndex(row => row.Product == product);
            if (_rows.Count > 0 && _rows[0].Product == 0)
            {
                return;
            }

            if (at >= 0)
            {
                _rows[at] = (product, value, currency ?? _rows[at].Currency);
            }
            else
            {
                _rows.Add((product, value, currency ?? (_rows.Count > 0 ? _rows[0].Currency : "EUR")));
            }
        }

        public string Left() => string.Join(", ", _rows.GroupBy(row => row.Currency, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var refunded = Refunds.Where(refund => (refund.Currency ?? _rows[0].Currency) == group.Key).Sum(refund => refund.Amount);
            return $"{group.Key} {(IsReturned ? 0 : Math.Max(0, group.Sum(row => row.Value) - refunded))}";
        }));
    }
}
