using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;

namespace CartRecovery.Tests.ControlPlane.Stores;

public sealed class StoreRegistryTests
{
    static readonly StoreRegistry s_two = StoreRegistry.Empty.With([Of("a"), Of("b")]);

    [Test]
    public void Stores_are_numbered_from_0_in_order() =>
        Assert.That((s_two.NumberOf("a"), s_two.NumberOf("b"), s_two.NumberOf("c")), Is.EqualTo(((int?)0, (int?)1, (int?)null)));

    [Test]
    public void A_number_is_kept_and_never_reused()
    {
        var without = s_two.With([Of("b")]);
        var added = without.With([Of("c"), Of("b")]);
        var back = added.With([Of("d"), Of("a"), Of("c")]);
        Assert.That(back.Stores.Select(store => store.Id), Is.EqualTo(new[] { "a", "b", "c", "d" }));
    }

    [Test]
    public void A_removed_store_keeps_the_currency_and_zone_of_its_last_start()
    {
        var changed = s_two.With([new RegisteredStore("a", "EUR", "Europe/Amsterdam")]).With([Of("b")]);
        Assert.That(changed.Stores[0], Is.EqualTo(new RegisteredStore("a", "EUR", "Europe/Amsterdam")));
    }

    [Test]
    public void The_text_is_a_line_per_store_with_a_checksum_and_reads_back()
    {
        var registry = s_two.With([new RegisteredStore("магазин", "EUR", "W. Europe Standard Time")]);
        Assert.That(registry.ToString(), Does.Match("^0 a USD UTC\n1 b USD UTC\n2 магазин EUR W. Europe Standard Time\ncrc32c [0-9a-f]{8}\n$"));
        Assert.That(StoreRegistry.Parse(registry.ToString()).Stores, Is.EqualTo(registry.Stores));
        Assert.That(StoreRegistry.Parse(StoreRegistry.Empty.ToString()).Stores, Is.Empty);
    }

    [Test]
    public void Any_altered_or_missing_byte_is_detected()
    {
        var text = Encoding.UTF8.GetBytes(s_two.ToString());
        for (var i = 0; i < text.Length; i++)
        {
            byte[] changed = [.. text];
            changed[i] ^= 1;
            Assert.That(() => StoreRegistry.Parse(Encoding.UTF8.GetString(changed)), Throws.TypeOf<InvalidDataException>(), $"byte {i}");
            Assert.That(() => StoreRegistry.Parse(Encoding.UTF8.GetString(text.AsSpan(0, i))), Throws.TypeOf<InvalidDataException>(), $"{i} bytes");
        }
    }

    [TestCase("0 a USD UTC\n0 b USD UTC\n", "line 2: duplicate number 0")]
    [TestCase("0 a USD UTC\n1 a USD UTC\n", "line 2: duplicate store 'a', first on line 1")]
    [TestCase("0 a USD UTC\n2 c USD UTC\n", "line 2: expected the store with the number 1, got 2")]
    [TestCase("1 b USD UTC\n", "line 1: expected the store with the number 0, got 1")]
    [TestCase("", "line 1: the checksum is missing")]
    [TestCase("0 a USD UTC\n", "line 2: the checksum is missing")]
    [TestCase("0 a USD UTC\ncrc32c 00000000\n", "line 2: the checksum differs")]
    [TestCase("0 a USD UTC", "line 1: the line is cut off")]
    [TestCase("0 a USD UTC\n1 b", "line 2: the line is cut off")]
    [TestCase("0 a USD\n", "line 1: expected a store's number, id, currency and time zone")]
    [TestCase("0 a\n", "line 1: expected a store's number")]
    [TestCase("a 0 USD UTC\n", "line 1: expected a store's number")]
    [TestCase("-1 a USD UTC\n", "line 1: expected a store's number")]
    [TestCase("0  USD UTC\n", "line 1: expected a store's number")]
    [TestCase("0 a USD UTC\r\n", "line 1: expected a store's number")]
    [TestCase("0 a USD UTC\n\n1 b USD UTC\n", "line 2: expected a store's number")]
    [TestCase("\0\0\0\0\n", "line 1: expected a store's number")]
    public void A_damaged_text_is_refused_with_its_line(string text, string problem) =>
        Assert.That(() => StoreRegistry.Parse(text), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(problem));

    [Test]
    public void The_last_number_is_65534()
    {
        var full = StoreRegistry.Empty.With(Enumerable.Range(0, StoreRegistry.MaxStores).Select(i => Of($"s{i}")));
        Assert.That(StoreRegistry.Parse(full.ToString()).NumberOf("s65534"), Is.EqualTo(65_534));
        Assert.That(full.With([Of("s1")]).Stores, Has.Count.EqualTo(StoreRegistry.MaxStores));
        Assert.That(() => full.With([Of("one-more")]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'one-more'"));
        Assert.That(() => StoreRegistry.Parse($"{full.ToString().Split("crc32c")[0]}65535 one-more USD UTC\n"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("65,535"));
    }

    [Test]
    public void Any_sequence_of_configurations_keeps_every_number()
    {
        var random = new Random(1);
        var (registry, known) = (StoreRegistry.Empty, new Dictionary<string, int>(StringComparer.Ordinal));
        for (var start = 0; start < 500; start++)
        {
            string[] configured = [.. Enumerable.Range(0, 40).Select(i => $"s{i}").OrderBy(_ => random.Next()).Take(random.Next(1, 6))];
            registry = StoreRegistry.Parse(registry.With(configured.Select(Of)).ToString());
            foreach (var id in configured)
            {
                known.TryAdd(id, known.Count);
            }

            Assert.That(known.Select(store => registry.NumberOf(store.Key)), Is.EqualTo(known.Values.Select(number => (int?)number)));
        }
    }

    static RegisteredStore Of(string id) => new(id, "USD", "UTC");
}
