using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>A person disappears from partitions that serve events; everybody else stays, and so does what recovery makes of it.</summary>
[Parallelizable]
public sealed class PartitionErasureTests
{
    const string Anna = "anna-of-the-test-0815", AnnasCart = "cart-of-anna-4711", Shared = "cart-of-the-family-99", Phone = "phone-cart-of-anna-22", Session = "session-of-anna-31", Name = "Anna Musterfrau";
    const int Shoppers = 3000;

    static readonly string[] s_texts = [Anna, AnnasCart, Phone, Session, Name];
    static readonly string[] s_others = [Shared, .. Enumerable.Range(0, Shoppers).Select(CartOf)];
    static readonly string[] s_carts = [AnnasCart, Phone, .. s_others];

    Scratch _scratch = null!;

    [SetUp]
    public void MakeScratch() => _scratch = new Scratch();

    [TearDown]
    public void ClearUp() => _scratch.Dispose();

    [Test]
    public async Task No_file_contains_a_text_of_the_person_and_other_people_are_unchanged()
    {
        using (var engine = new ErasureFixture(_scratch.Folder))
        {
            var cursors = Enumerable.Range(0, ErasureFixture.Partitions).Select(i => engine.Set[i].Tail.Open("reader", from: 0, EntryKind.Decisions, EntryKind.CustomerEvents)).ToArray();
            await engine.SendAsync(Traffic());
            var before = await engine.StateAsync(s_others);
            Assert.That(s_texts.Where(text => ErasureFixture.Found(_scratch.Folder, text).Any()), Is.EquivalentTo(s_texts), "the search finds them");
            var exported = ErasureFixture.Export(_scratch.Folder);

            var result = await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);

            Assert.That(ErasureFixture.Found(_scratch.Folder, s_texts), Is.Empty);
            Assert.That(result.Carts.Single(), Does.Contain(AnnasCart), "the database's rows of it are erased next");
            Assert.That((result.Records > 3, result.Entries > 3, result.Segments > 1, result.Bytes > 1000), Is.EqualTo((true, true, true, true)), result.ToString());
            Assert.That(Same(Without(await engine.StateAsync(s_others), Shared), Without(before, Shared)), Is.True);
            Assert.That((await engine.StateAsync([AnnasCart, Phone])).Values, Is.All.Empty);
            Assert.That((await engine.StateAsync([Shared]))[Shared], Is.Not.Empty, "somebody else's by now");
            var missing = exported.Except(ErasureFixture.Export(_scratch.Folder)).ToArray();
            Assert.That(missing, Is.Not.Empty);
            Assert.That(missing.Where(line => !new[] { Anna, AnnasCart, Phone }.Any(text => line.Contains(text, StringComparison.Ordinal))), Is.Empty);
            foreach (var cursor in cursors)
            {
                while (cursor.TryRead(out var entry))
                {
                    Assert.That(ErasureTexts(entry), Has.None.Matches<string>(text => text is Anna or AnnasCart or Phone));
                }
            }

            // What comes later does not bring anything back.
            await engine.SendAsync(Enumerable.Range(0, Shoppers).Select(i => Of(i, "page_view")));
            Assert.That(ErasureFixture.Found(_scratch.Folder, s_texts), Is.Empty);
        }

        Assert.That(ErasureFixture.Found(_scratch.Folder, s_texts), Is.Empty, "after the stop");
    }

    [Test]
    public async Task People_are_erased_in_one_pass_with_one_checkpoint_in_each_partition()
    {
        using (var engine = new ErasureFixture(_scratch.PathOf("together")))
        {
            await engine.SendAsync(Traffic());
        }

        Dictionary<string, string> apart;
        using (var engine = new ErasureFixture(Copy(_scratch.PathOf("together"), _scratch.PathOf("apart"))))
        {
            foreach (var user in new[] { Anna, UserOf(3) })
            {
                await engine.EraseAsync(user).WaitAsync(Eventually.Deadline);
            }

            apart = await engine.StateAsync(s_carts);
        }

        using (var engine = new ErasureFixture(_scratch.PathOf("together")))
        {
            var before = Checkpoints(engine);
            var result = await engine.Erasure.EraseAsync([new(0, Anna, [], []), new(0, UserOf(3), [], []), new(0, "nobody-is-called-that", [], [])], null, default).WaitAsync(Eventually.Deadline);
            Assert.That(Checkpoints(engine).Zip(before, (after, was) => after - was), Is.All.EqualTo(1));
            Assert.That(result.Carts[0], Does.Contain(AnnasCart).And.None.EqualTo(CartOf(3)));
            Assert.That(result.Carts[1], Does.Contain(CartOf(3)).And.None.EqualTo(AnnasCart));
            Assert.That(result.Carts[2], Is.Empty);
            Assert.That(ErasureFixture.Found(_scratch.PathOf("together"), [.. s_texts, UserOf(3)]), Is.Empty);
            Assert.That(Same(await engine.StateAsync(s_carts), apart), Is.True);
        }

        using var recovered = new ErasureFixture(_scratch.PathOf("together"));
        Assert.That(Same(await recovered.StateAsync(s_carts), apart), Is.True);

        static long[] Checkpoints(ErasureFixture engine) => [.. Enumerable.Range(0, ErasureFixture.Partitions).Select(i => engine.Set[i].Counters.Checkpoints)];
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Recovery_of_the_remaining_entries_gives_the_same_state(bool fromTheWholeJournal)
    {
        Dictionary<string, string> state;
        using (var engine = new ErasureFixture(_scratch.Folder))
        {
            await engine.SendAsync(Traffic());
            await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);
            await engine.SendAsync(Enumerable.Range(0, 50).Select(i => Of(i, "page_view")));
            state = await engine.StateAsync(s_carts);
        }

        for (var i = 0; fromTheWholeJournal && i < ErasureFixture.Partitions; i++)
        {
            Directory.Delete(ErasureFixture.CheckpointsOf(_scratch.Folder, i), recursive: true);
        }

        using var again = new ErasureFixture(_scratch.Folder);
        // The engine no longer knows by what the shared cart was hers, if all that is left is the journal.
        Assert.That(Same(Without(await again.StateAsync(s_carts), Shared), Without(state, Shared)), Is.True);
    }

    [Test]
    public async Task A_crash_at_any_step_is_continued_by_a_repeated_erasure()
    {
        var copies = new List<(string Step, string Folder)>();
        Dictionary<string, string> state;
        using (var engine = new ErasureFixture(_scratch.PathOf("engine")))
        {
            await engine.SendAsync(Traffic());
            await engine.EraseAsync(Anna, onStep: step =>
            {
                // The first of a kind and one later: a step may be that of any segment.
                if (copies.Count(copy => copy.Step == step) < 2)
                {
                    copies.Add((step, Copy(_scratch.PathOf("engine"), _scratch.PathOf($"copy {copies.Count}"))));
                }
            }).WaitAsync(Eventually.Deadline);
            copies.Add(("the end", Copy(_scratch.PathOf("engine"), _scratch.PathOf($"copy {copies.Count}"))));
            state = await engine.StateAsync(s_carts);
        }

        Assert.That(copies.Select(copy => copy.Step), Does.Contain("after the redo file").And.Contain("after the journal"));
        foreach (var (step, folder) in copies)
        {
            using (var engine = new ErasureFixture(folder))
            {
                await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);
                Assert.That(ErasureFixture.Found(folder, s_texts), Is.Empty, step);
                Assert.That(Same(await engine.StateAsync(s_carts), state), Is.True, step);
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task An_unknown_person_costs_nothing_and_an_erased_one_starts_without_history()
    {
        using var engine = new ErasureFixture(_scratch.Folder);
        await engine.SendAsync(Traffic());
        var before = await engine.StateAsync(s_carts);
        var nobody = await engine.EraseAsync("nobody-is-called-that", ["no-cart-is-called-that"]).WaitAsync(Eventually.Deadline);
        Assert.That((nobody.Records, nobody.Entries), Is.EqualTo((0L, 0L)));
        Assert.That(await engine.StateAsync(s_carts), Is.EqualTo(before));

        await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);
        await engine.SendAsync(new TestEvent("add_to_cart", EventReading.Now) { Cart = AnnasCart, Product = "p1", Price = 5 });
        var cart = await engine.Set.FindAsync(EventReading.KeyOf(AnnasCart), default);
        Assert.That((cart?.EventCount, cart?.UserLength), Is.EqualTo((1u, (byte)0)));
        await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);
        Assert.That(ErasureFixture.Found(_scratch.Folder, s_texts), Is.Empty, "what came to a cart of hers, too");
    }

    [Test]
    public async Task A_cancelled_erasure_ends_and_can_be_repeated()
    {
        using var engine = new ErasureFixture(_scratch.Folder);
        await engine.SendAsync(Traffic());
        using var cancel = new CancellationTokenSource();
        engine.Set[1].Eraser.OnStep = step => cancel.Cancel();
        Assert.That(async () => await engine.Erasure.EraseAsync([new(0, Anna, [], [])], null, cancel.Token).WaitAsync(Eventually.Deadline), Throws.InstanceOf<OperationCanceledException>());
        await engine.EraseAsync(Anna).WaitAsync(Eventually.Deadline);
        Assert.That(ErasureFixture.Found(_scratch.Folder, s_texts), Is.Empty);
    }

    [Test]
    public async Task Events_are_processed_during_an_erasure()
    {
        Dictionary<string, string> state;
        using (var engine = new ErasureFixture(_scratch.Folder))
        {
            await engine.SendAsync(Traffic());
            var erasing = Task.Run(async () =>
            {
                foreach (var user in new[] { Anna, UserOf(3), UserOf(7) })
                {
                    await engine.EraseAsync(user);
                }
            });
            // An erasure reads what comes meanwhile too, at its own pace: a flood without an end would keep the test going for minutes.
            for (var batch = 0; batch == 0 || (batch < 40 && !erasing.IsCompleted); batch++)
            {
                await engine.SendAsync(Enumerable.Range(1000, 500).Select(i => Of(i, "page_view")));
            }

            await erasing.WaitAsync(Eventually.Deadline);
            Assert.That(ErasureFixture.Found(_scratch.Folder, [.. s_texts, UserOf(3), UserOf(7)]), Is.Empty);
            state = await engine.StateAsync(s_carts);
            Assert.That((state[CartOf(3)], state[CartOf(7)], state[CartOf(1000)]), Is.EqualTo(("", "", state[CartOf(1000)])));
            Assert.That(state[CartOf(1000)], Is.Not.Empty);
        }

        using var again = new ErasureFixture(_scratch.Folder);
        Assert.That(Same(await again.StateAsync(s_carts), state), Is.True);
    }

    static IEnumerable<TestEvent> Traffic()
    {
        var page = new TestEvent("page_view", EventReading.Now) { Product = "p1" };
        return
        [
            .. Enumerable.Range(0, Shoppers / 2).Select(i => Of(i, "add_to_cart")),
            // Anonymous at first; then she signs in, and again on another device.
            page with { Id = "a1-" + Session, Cart = AnnasCart, Session = Session },
            page with { Type = "add_to_cart", Cart = AnnasCart, Session = Session, Price = 7 },
            new("identify", EventReading.Now + 1) { Cart = AnnasCart, Session = Session, User = Anna, Device = Name },
            page with { Id = "a3", Type = "add_to_cart", Cart = Phone, User = Anna, Price = 9 },
            page with { Id = "a4", Type = "purchase", Cart = Phone, User = Anna, Price = 9 },
            // A cart that somebody with a shorter id has by now.
            page with { Id = "a5", Cart = Shared, User = Anna, Session = Session },
            page with { Id = "a6", Cart = Shared, User = "bob", Session = "s2" },
            .. Enumerable.Range(Shoppers / 2, Shoppers / 2).Select(i => Of(i, "add_to_cart")),
            page with { Id = "a7", Cart = AnnasCart, User = Anna },
            .. Enumerable.Range(0, Shoppers).Select(i => Of(i, "page_view")),
            page with { Id = "a8", Cart = Phone },
        ];
    }

    static TestEvent Of(int i, string type) => new(type, EventReading.Now + i) { Cart = CartOf(i), User = i % 3 == 0 || i < 10 ? UserOf(i) : null, Product = $"p{i % 100}", Price = 5, Session = $"session-{i}" };

    static string CartOf(int i) => $"cart-of-shopper-{i:d5}";

    static string UserOf(int i) => $"shopper-{i:d5}";

    static IEnumerable<string> ErasureTexts(JournalEntry entry) => entry.Kind == EntryKind.CustomerEvents
        ? EntryPayload.ReadCustomerEvents(entry.Payload).Select(e => e.CartId)
        : EntryPayload.ReadDecisions(entry.Payload).SelectMany(d => new[] { d.Intervention.CartId, d.Intervention.UserId ?? "" });

    static Dictionary<string, string> Without(Dictionary<string, string> state, string cart) => state.Where(part => part.Key != cart).ToDictionary(StringComparer.Ordinal);

    static bool Same(Dictionary<string, string> one, Dictionary<string, string> other) =>
        one.Count == other.Count && one.All(part => other.TryGetValue(part.Key, out var value) && value == part.Value);

    static string Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = File.Create(target);
            source.CopyTo(copy);
        }

        return to;
    }
}
