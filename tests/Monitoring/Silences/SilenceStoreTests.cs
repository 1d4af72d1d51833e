using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Silences;

namespace CartRecovery.Tests.Monitoring.Silences;

public sealed class SilenceStoreTests
{
    const long Start = 1_700_000_000_000;
    const long Minute = 60_000;

    string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("silences").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_silence_hides_what_its_matchers_match_while_it_lasts_and_survives_a_restart()
    {
        string id;
        using (var database = Open())
        {
            id = new SilenceStore(database).Set(Draft("""alertname=~"A|B",text="a\\nb \"c\" \\ d" """, Start, Start + 60 * Minute), Start).Id;
        }

        using var again = Open();
        var store = new SilenceStore(again);
        var hidden = SeriesLabels.Of("", "alertname", "A", "text", "a\\nb \"c\" \\ d");
        Assert.That(store.Find(id)!.Matchers[1].Value, Is.EqualTo("a\\nb \"c\" \\ d"));
        Assert.That(store.IsSilenced(hidden, Start), Is.True);
        Assert.That(store.Hiding(hidden, Start + Minute).Select(silence => silence.Id), Is.EqualTo(new[] { id }));
        Assert.That(store.IsSilenced(hidden.With("alertname", "C"), Start), Is.False);
        Assert.That(store.IsSilenced(hidden, Start + 60 * Minute), Is.False, "at its end");
    }

    [Test]
    public void A_text_with_a_zero_is_refused_and_a_silence_that_cannot_be_read_keeps_no_engine_from_starting()
    {
        using (var database = Open())
        {
            var store = new SilenceStore(database);
            var draft = Draft("alertname=A", Start, Start + Minute);
            foreach (var wrong in new[] { draft with { Matchers = [NoticeMatchers.Of("x", "=", "a\0b")] }, draft with { CreatedBy = "a\0" }, draft with { Comment = "\0" } })
            {
                Assert.That(() => store.Set(wrong, Start), Throws.InstanceOf<SilenceException>().With.Message.Contains("U+0000"));
            }

            store.Set(draft, Start);
            database.Database.Execute("INSERT INTO silences SELECT 'broken', 'x=\"a', starts_at, ends_at, updated_at, created_by, comment, warned, recurrence FROM silences");
        }

        using var again = Open();
        Assert.That(new SilenceStore(again).All, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_silence_that_cannot_be_stored_leaves_the_one_it_replaces()
    {
        using var database = Open();
        var store = new SilenceStore(database);
        var former = store.Set(Draft("alertname=A", Start, Start + 60 * Minute), Start);
        database.Database.Execute("CREATE TRIGGER full BEFORE INSERT ON silences WHEN new.matchers LIKE '%B%' BEGIN SELECT raise(ABORT, 'disk full'); END");
        Assert.That(() => store.Set(Draft("alertname=B", Start, Start + 60 * Minute) with { Id = former.Id }, Start + Minute), Throws.InstanceOf<IOException>());
        foreach (var present in new[] { store, new SilenceStore(database) })
        {
            Assert.That(present.All.Select(silence => (silence.Id, silence.StateAt(Start + 2 * Minute))), Is.EqualTo(new[] { (former.Id, SilenceState.Active) }));
        }

        database.Database.Execute("DROP TRIGGER full");
        store.Set(Draft("alertname=B", Start, Start + 60 * Minute) with { Id = former.Id }, Start + Minute);
        Assert.That(store.All.Count(silence => silence.StateAt(Start + 2 * Minute) == SilenceState.Active), Is.EqualTo(1));
    }

    [Test]
    public void A_change_of_the_end_keeps_the_silence_and_other_matchers_make_a_new_one()
    {
        using var database = Open();
        var store = new SilenceStore(database);
        var first = store.Set(Draft("a=\"b\"", Start, Start + 60 * Minute), Start);
        var longer = store.Set(first with { EndsAt = Start + 90 * Minute }, Start + Minute);
        Assert.That((longer.Id, longer.EndsAt, store.All.Count), Is.EqualTo((first.Id, Start + 90 * Minute, 1)));
        var other = store.Set(longer with { Matchers = NoticeMatchers.Parse("a=\"c\"") }, Start + 2 * Minute);
        Assert.That(other.Id, Is.Not.EqualTo(first.Id));
        Assert.That(store.Find(first.Id)!.StateAt(Start + 2 * Minute), Is.EqualTo(SilenceState.Expired));
        Assert.That(other.StartsAt, Is.EqualTo(Start + 2 * Minute), "it does not hide what was");
    }

    [Test]
    public void An_expired_silence_hides_nothing_and_cannot_expire_twice()
    {
        using var database = Open();
        var store = new SilenceStore(database);
        var silence = store.Set(Draft("a=\"b\"", Start, Start + 60 * Minute), Start);
        Assert.That(store.Expire(silence.Id, Start + Minute)!.EndsAt, Is.EqualTo(Start + Minute));
        Assert.That(store.IsSilenced(SeriesLabels.Of("", "a", "b"), Start + Minute), Is.False);
        Assert.That(store.Expire(silence.Id, Start + 2 * Minute), Is.Null);
        store.Prune(Start + 2 * Minute);
        Assert.That(store.All, Is.Empty);
        Assert.That(new SilenceStore(database).All, Is.Empty);
    }

    [Test]
    public void The_end_of_a_long_silence_is_announced_once_also_after_a_restart()
    {
        using var database = Open();
        var store = new SilenceStore(database);
        var silence = store.Set(Draft("a=\"b\"", Start, Start + 60 * Minute), Start);
        store.Set(Draft("a=\"c\"", Start, Start + 20 * Minute), Start);
        Assert.That(store.TakeEnding(Start + 44 * Minute, 15 * Minute), Is.Empty);
        Assert.That(store.TakeEnding(Start + 45 * Minute, 15 * Minute).Select(s => s.Id), Is.EqualTo(new[] { silence.Id }));
        Assert.That(store.TakeEnding(Start + 46 * Minute, 15 * Minute), Is.Empty);
        store = new SilenceStore(database);
        Assert.That(store.TakeEnding(Start + 46 * Minute, 15 * Minute), Is.Empty);
        store.Set(silence with { EndsAt = Start + 120 * Minute }, Start + 47 * Minute);
        Assert.That(store.TakeEnding(Start + 110 * Minute, 15 * Minute), Has.Count.EqualTo(1), "it was prolonged");
    }

    [TestCase("a=~\".*\"", 0, 60, "must not match the empty string")]
    [TestCase("a=\"b\"", 60, 60, "after start")]
    [TestCase("a=\"b\"", -60, 0, "in the past")]
    public void An_invalid_silence_is_refused(string matchers, int start, int end, string message)
    {
        using var database = Open();
        Assert.That(() => new SilenceStore(database).Set(Draft(matchers, Start + start * Minute, Start + end * Minute), Start),
            Throws.InstanceOf<SilenceException>().With.Message.Contains(message));
    }

    [Test]
    public void A_recurring_silence_hides_in_its_windows_alone_also_after_a_restart()
    {
        // Start is Tuesday, 14 November 2023, 22:13:20 UTC: in Berlin 23:13.
        const string nights = """[{"weekdays":["monday:friday"],"times":[{"start_time":"23:00","end_time":"24:00"}],"location":"Europe/Berlin"}]""";
        var alert = SeriesLabels.Of("", "a", "b");
        string id;
        using (var database = Open())
        {
            var store = new SilenceStore(database);
            id = store.Set(Draft("a=\"b\"", Start, Start + 3 * 1440 * Minute) with { Recurrence = SilenceRecurrence.Parse(nights) }, Start).Id;
            Assert.That(store.IsSilenced(alert, Start), Is.True);
        }

        using var again = Open();
        var read = new SilenceStore(again);
        var silence = read.Find(id)!;
        Assert.That(new long[] { 0, 46, 47, 1440, 2 * 1440 + 46, 2 * 1440 + 47, 3 * 1440 }.Select(minutes => read.IsSilenced(alert, Start + minutes * Minute)),
            Is.EqualTo(new[] { true, true, false, true, true, false, false }), "to midnight of Tuesday, Wednesday and Thursday");
        Assert.That((silence.StateAt(Start + Minute), silence.StateAt(Start + 60 * Minute), silence.StateAt(Start + 3 * 1440 * Minute)),
            Is.EqualTo((SilenceState.Active, SilenceState.Pending, SilenceState.Expired)));
        Assert.That(silence.Recurrence!.Windows(Start, Start + 2 * 1440 * Minute, 10).Select(window => ((window.From - Start) / Minute, (window.To - Start) / Minute)),
            Is.EqualTo(new[] { (0L, 46L), (1426L, 1486L), (2866L, 2880L) }));
        Assert.That(silence.Recurrence.Windows(Start, Start + 2 * 1440 * Minute, 1), Has.Count.EqualTo(1));
    }

    [Test]
    public void The_end_of_a_recurring_silence_is_announced_between_its_windows_and_another_recurrence_makes_a_new_one()
    {
        using var database = Open();
        var store = new SilenceStore(database);
        var silence = store.Set(Draft("a=\"b\"", Start, Start + 60 * Minute) with { Recurrence = SilenceRecurrence.Parse("""[{"weekdays":["sunday"]}]""") }, Start);
        Assert.That(silence.StateAt(Start), Is.EqualTo(SilenceState.Pending));
        Assert.That(store.TakeEnding(Start + 44 * Minute, 15 * Minute), Is.Empty);
        Assert.That(store.TakeEnding(Start + 45 * Minute, 15 * Minute).Select(s => s.Id), Is.EqualTo(new[] { silence.Id }));
        var longer = store.Set(silence with { EndsAt = Start + 90 * Minute }, Start + 46 * Minute);
        Assert.That(longer.Id, Is.EqualTo(silence.Id), "only its end changed");
        Assert.That(store.Set(longer with { Recurrence = null }, Start + 47 * Minute).Id, Is.Not.EqualTo(silence.Id));
    }

    [Test]
    public void A_database_of_the_former_version_is_taken_over()
    {
        string id;
        using (var database = Open())
        {
            id = new SilenceStore(database).Set(Draft("a=\"b\"", Start, Start + 60 * Minute), Start).Id;
            database.Database.Execute("ALTER TABLE silences DROP COLUMN recurrence; ALTER TABLE ledger DROP COLUMN starts; PRAGMA user_version=1");
        }

        using var again = Open();
        var silence = new SilenceStore(again).Find(id)!;
        Assert.That((silence.Recurrence, silence.StateAt(Start)), Is.EqualTo(((SilenceRecurrence?)null, SilenceState.Active)));
    }

    [TestCase("[]", "1 to 10 intervals")]
    [TestCase("[{},{},{},{},{},{},{},{},{},{},{}]", "1 to 10 intervals")]
    [TestCase("[1]", "expected an interval")]
    [TestCase("{}", "expected a list")]
    [TestCase("[{\"weekdays\":[\"noday\"]}]", "is no value or range")]
    [TestCase("[{\"location\":\"Nowhere\"}]", "no time zone \"Nowhere\"")]
    [TestCase("[{\"times\":[{\"start_time\":\"22:00\",\"end_time\":\"06:00\"}]}]", "start_time must be before end_time")]
    public void An_invalid_recurrence_is_refused(string text, string message) =>
        Assert.That(() => SilenceRecurrence.Parse(text), Throws.InstanceOf<SilenceException>().With.Message.Contains(message));

    [Test]
    public void An_unknown_silence_cannot_be_changed()
    {
        using var database = Open();
        Assert.That(() => new SilenceStore(database).Set(Draft("a=\"b\"", Start, Start + Minute) with { Id = "x" }, Start),
            Throws.InstanceOf<SilenceException>().With.Message.Contains("not found"));
    }

    NoticeDatabase Open() => new(Path.Combine(_folder, "notices.db"));

    static Silence Draft(string matchers, long startsAt, long endsAt) =>
        new() { Matchers = NoticeMatchers.Parse(matchers), StartsAt = startsAt, EndsAt = endsAt, CreatedBy = "operator", Comment = "deploy" };
}
