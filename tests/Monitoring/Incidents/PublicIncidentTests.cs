using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Tests.Monitoring.Incidents;

/// <summary>What of incidents is public.</summary>
public sealed class PublicIncidentTests
{
    const long Start = 1_700_000_000_000, Day = 86_400_000;

    string _folder = "";
    NoticeDatabase _database = null!;
    IncidentStore _incidents = null!;

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("incidents").FullName;
        _database = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        _incidents = new IncidentStore(_database, new AlertLog(_database, Start).Active);
    }

    [TearDown]
    public void Delete()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Only_public_entries_are_listed_and_only_of_incidents_that_have_some()
    {
        Create("internal", "note", "nobody's business");
        var id = Create("the disk of db-3 is full", "note", "Ann cleans up");
        Note(id, IncidentStore.PublicKind, "Payments fail", Start + 1);
        Note(id, "deploy", "1.3", Start + 2);
        Note(id, IncidentStore.PublicKind, "Payments work again", Start + 3);

        var found = _incidents.Public(Start, 10, 10).Single();
        Assert.That(found.First.Text, Is.EqualTo("Payments fail"));
        Assert.That(found.Updates.Select(update => (update.At, update.Text)), Is.EqualTo(new[] { (Start + 3, "Payments work again"), (Start + 1, "Payments fail") }));
        Assert.That(_incidents.Public(Start, 10, 1).Single().Updates.Single().Text, Is.EqualTo("Payments work again"), "bounded");
    }

    [Test]
    public void A_withdrawn_update_is_in_the_timeline_alone_and_without_others_its_incident_is_no_longer_public()
    {
        var id = Create("a", IncidentStore.PublicKind, "Card 4711 fails");
        Note(id, IncidentStore.PublicKind, "Payments fail", Start + 2);
        var first = _incidents.Timeline(id).First(entry => entry.Kind == IncidentStore.PublicKind).Number;

        Assert.That((_incidents.Withdraw(id, first), _incidents.Withdraw(id, first), _incidents.Withdraw(id, 1)), Is.EqualTo((true, false, false)), "once, and only what is public");
        Assert.That(_incidents.Public(Start, 10, 10).Single().First.Text, Is.EqualTo("Payments fail"));
        Assert.That(_incidents.Timeline(id).Select(entry => $"{entry.Number} {entry.Kind} {entry.Text}"),
            Is.EqualTo(new[] { "1 state created", "2 withdrawn Card 4711 fails", "3 public Payments fail" }));
        Assert.That(_incidents.Withdraw(id, 3));
        Assert.That(_incidents.Public(Start, 10, 10), Is.Empty);
    }

    [Test]
    public void Resolved_incidents_are_listed_for_a_time_and_others_until_they_are()
    {
        var (old, late, open) = (Create("a", IncidentStore.PublicKind, "old"), Create("b", IncidentStore.PublicKind, "late"), Create("c", IncidentStore.PublicKind, "open"));
        Resolve(old, Start + Day);
        Resolve(late, Start + 3 * Day);
        _incidents.Change(late, incident => incident with { State = IncidentState.Closed }, "operator", Start + 4 * Day);

        Assert.That(_incidents.Public(Start + 2 * Day, 10, 10).Select(incident => (incident.First.Text, incident.ResolvedAt)),
            Is.EqualTo(new[] { ("open", (long?)null), ("late", Start + 3 * Day) }));
        Assert.That(_incidents.Public(Start, 1, 10).Single().First.Text, Is.EqualTo("open"), "bounded");
        Assert.That(open, Is.GreaterThan(late));
    }

    long Create(string title, string kind, string text)
    {
        var id = _incidents.Create(new Incident { Title = title, Severity = "warning" }, "operator", Start).Id;
        Note(id, kind, text, Start);
        return id;
    }

    void Note(long id, string kind, string text, long at) => _incidents.Note(id, new IncidentEntry(at, kind, "operator", text));

    void Resolve(long id, long at) => _incidents.Change(id, incident => incident with { State = IncidentState.Resolved }, "operator", at);
}
