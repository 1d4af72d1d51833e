using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Incidents;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Tests.Monitoring.Incidents;

public sealed class IncidentStoreTests
{
    const long Start = 1_700_000_000_000;
    const long Minute = 60_000;

    string _folder = "";
    NoticeDatabase _database = null!;
    AlertLog _log = null!;
    IncidentStore _incidents = null!;

    [SetUp]
    public void Create()
    {
        _folder = Directory.CreateTempSubdirectory("incidents").FullName;
        Open();
    }

    [TearDown]
    public void Delete()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Alerts_of_one_key_share_an_incident_that_ends_with_the_last_of_them()
    {
        Send("A", isResolved: false, Start);
        Send("B", isResolved: false, Start + Minute);
        Send("C", isResolved: false, Start + Minute, key: "other");
        Restart();
        Send("A", isResolved: true, Start + 2 * Minute);
        Assert.That(_incidents.List(null, long.MaxValue, 10).Select(incident => (incident.Key, incident.State)), Is.EqualTo(new[] { ("other", IncidentState.Open), ("checkout", IncidentState.Open) }));
        Send("B", isResolved: true, Start + 3 * Minute);
        var incident = _incidents.Find(1)!;
        Assert.That((incident.Title, incident.Severity, incident.State, incident.ResolvedAt, incident.InvestigatedAt), Is.EqualTo(("A is broken", "critical", IncidentState.Resolved, (long?)(Start + 3 * Minute), default(long?))));
        Assert.That(incident.Affected, Is.EqualTo(new[] { "pay" }));
        Assert.That(_incidents.Timeline(1).Select(entry => $"{(entry.At - Start) / Minute} {entry.Kind} {entry.Text}"), Is.EqualTo(new[]
        {
            "0 state created", "0 alert A: firing", "1 alert B: firing", "2 alert A: resolved", "3 alert B: resolved", "3 state resolved",
        }));
    }

    [Test]
    public void An_acknowledgement_begins_the_investigation_and_a_relapse_goes_on_with_it()
    {
        Send("A", isResolved: false, Start);
        _log.Acknowledge(_log.Active.Single().Id, "operator", null, Start + 2 * Minute);
        Assert.That((_incidents.Find(1)!.State, _incidents.Find(1)!.InvestigatedAt), Is.EqualTo((IncidentState.Investigating, (long?)(Start + 2 * Minute))));
        Send("A", isResolved: true, Start + 5 * Minute);
        Send("A", isResolved: false, Start + 6 * Minute);
        Assert.That((_incidents.Find(1)!.State, _incidents.Find(1)!.ResolvedAt), Is.EqualTo((IncidentState.Investigating, default(long?))));
        Send("A", isResolved: true, Start + 8 * Minute);
        Assert.That(_incidents.Figures(Start, Start + 1), Is.EqualTo(new IncidentFigures(1, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(8))));
        Assert.That(_incidents.Figures(0, Start), Is.EqualTo(new IncidentFigures(0, null, null)));
    }

    [Test]
    public void What_could_not_be_stored_counts_neither_as_firing_nor_as_resolved()
    {
        Send("A", isResolved: false, Start);
        _log.OnChange = (alert, change, who, now) =>
        {
            _incidents.Follow(alert, change, who, now);
            throw new IOException("disk full");
        };
        Assert.That(() => Send("B", isResolved: false, Start + Minute), Throws.InstanceOf<IOException>());
        Assert.That(() => Send("A", isResolved: true, Start + Minute), Throws.InstanceOf<IOException>());
        _log.OnChange = _incidents.Follow;
        Send("C", isResolved: false, Start + 2 * Minute);
        Send("C", isResolved: true, Start + 3 * Minute);
        Assert.That(_incidents.Find(1)!.State, Is.EqualTo(IncidentState.Open), "A fires");
        Send("A", isResolved: true, Start + 4 * Minute);
        Assert.That(_incidents.Find(1)!.State, Is.EqualTo(IncidentState.Resolved), "B never fired");
    }

    [Test]
    public void After_a_closed_incident_the_same_alert_begins_another()
    {
        Send("A", isResolved: false, Start);
        Send("A", isResolved: true, Start + Minute);
        _incidents.Change(1, incident => incident with { State = IncidentState.Closed, RootCause = "full disk" }, "operator", Start + 2 * Minute);
        Send("A", isResolved: false, Start + 3 * Minute);
        Assert.That(_incidents.List(IncidentState.Open, long.MaxValue, 10).Select(incident => incident.Id), Is.EqualTo(new[] { 2L }));
        Assert.That(_incidents.Timeline(1)[^1].Text, Is.EqualTo("A is broken (critical), cause: full disk"));
        Assert.That(() => _incidents.Change(1, incident => incident with { Title = "x" }, "operator", Start), Throws.InstanceOf<IncidentException>().With.Message.Contains("closed"));
        Assert.That(() => _incidents.Note(1, new IncidentEntry(Start, "note", "operator", "x")), Throws.InstanceOf<IncidentException>());
        _incidents.Prune(Start + 3 * Minute);
        Assert.That((_incidents.Find(1), _incidents.Timeline(1).Count), Is.EqualTo((default(Incident), 0)));
    }

    [Test]
    public void An_incident_by_hand_moves_through_its_states_with_notes()
    {
        var created = _incidents.Create(new Incident { Title = "Payments fail", Severity = "critical", Affected = ["payment", "order"], Links = ["https://wiki"] }, "operator", Start);
        Assert.That(_incidents.Note(created.Id, new IncidentEntry(Start + Minute, "deploy", "operator", "rolled back 1.2")), Is.True);
        Assert.That(_incidents.Note(99, new IncidentEntry(Start, "note", "operator", "x")), Is.False);
        _incidents.Change(created.Id, incident => incident with { State = IncidentState.Investigating }, "deputy", Start + 2 * Minute);
        Assert.That(() => _incidents.Change(created.Id, incident => incident with { State = IncidentState.Open }, "deputy", Start), Throws.InstanceOf<IncidentException>());
        _incidents.Change(created.Id, incident => incident with { State = IncidentState.Closed }, "deputy", Start + 10 * Minute);
        Restart();
        var found = _incidents.Find(created.Id)!;
        Assert.That((found.InvestigatedAt, found.ResolvedAt, found.ClosedAt, found.CreatedBy), Is.EqualTo(((long?)(Start + 2 * Minute), (long?)(Start + 10 * Minute), (long?)(Start + 10 * Minute), "operator")));
        Assert.That(found.Affected, Is.EqualTo(new[] { "payment", "order" }));
        Assert.That(_incidents.Timeline(created.Id).Select(entry => $"{entry.Kind} {entry.Who}"), Is.EqualTo(new[] { "state operator", "deploy operator", "state deputy", "state deputy" }));
        Assert.That(_incidents.Change(99, incident => incident, "deputy", Start), Is.Null);
    }

    [Test]
    public void A_timeline_is_bounded_and_a_flapping_alert_fills_it_no_further()
    {
        for (var i = 0; i < IncidentStore.MaxEntries; i++)
        {
            Send("A", isResolved: false, Start + 2 * i);
            Send("A", isResolved: true, Start + 2 * i + 1);
        }

        Assert.That(_incidents.Timeline(1), Has.Count.EqualTo(IncidentStore.MaxEntries));
        Assert.That(_incidents.Find(1)!.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(() => _incidents.Note(1, new IncidentEntry(Start, "note", "operator", "x")), Throws.InstanceOf<IncidentException>().With.Message.Contains("at most"));
    }

    void Open()
    {
        _database = new NoticeDatabase(Path.Combine(_folder, "notices.db"));
        _log = new AlertLog(_database, Start);
        _incidents = new IncidentStore(_database, _log.Active);
        _log.OnChange = _incidents.Follow;
    }

    void Restart()
    {
        _database.Dispose();
        Open();
    }

    void Send(string name, bool isResolved, long now, string key = "checkout") => _log.Take([new AlertMessage(
        SeriesLabels.Of("", "alertname", name, "severity", "critical", "service", "pay", "incident", key), SeriesLabels.Of("", "summary", $"{name} is broken"),
        now, isResolved ? now : long.MaxValue, isResolved, "")], now);
}
