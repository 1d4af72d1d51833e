using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journeys.Tables;

[TestFixture]
public sealed class RetentionTests
{
    const long Now = 1_000 * JourneyFixture.Day;

    static readonly Hash128 s_ada = JourneyFixture.Customer("ada"), s_ben = JourneyFixture.Customer("ben");

    Scratch _scratch = null!;
    JourneyStore _store = null!;

    [SetUp]
    public void SetUp()
    {
        _scratch = new Scratch();
        _store = new JourneyStore(_scratch.PathOf("outreach.db"));
        SetContact(s_ada, Now - (20 * JourneyFixture.Day));
        SetContact(s_ben, Now - (5 * JourneyFixture.Day));
        for (var day = 30; day > 0; day -= 10)
        {
            Say(s_ada, AddressKind.Email, day);
        }

        Say(s_ada, AddressKind.Phone, 30);
    }

    [TearDown]
    public void TearDown()
    {
        _store.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public void Expired_rows_are_counted_before_they_are_deleted()
    {
        var before = Counts();
        Assert.That((before["contacts"].Rows, before["contacts"].Expired, before["contacts"].Oldest), Is.EqualTo((2, 1, Now - (20 * JourneyFixture.Day))));
        Assert.That((before["consentRecords"].Rows, before["consentRecords"].Expired), Is.EqualTo((4, 2)), "the latest of each channel stays");

        _store.PurgePeople(Now - (10 * JourneyFixture.Day), Now - (10 * JourneyFixture.Day) + 1);

        var after = Counts();
        Assert.That((after["contacts"].Rows, after["contacts"].Expired), Is.EqualTo((1, 0)));
        Assert.That((_store.Customers.ContactOf(s_ada), _store.Customers.ContactOf(s_ben)?.Recipient.Email), Is.EqualTo(((Contact?)null, "a@b.example")));
        Assert.That(_store.Consents.Of(s_ada).Select(record => (record.Channel, record.At)), Is.EqualTo(new[] { ("sms", Now - (30 * JourneyFixture.Day)), ("email", Now - (10 * JourneyFixture.Day)) }));
    }

    [Test]
    public void Without_a_setting_nothing_goes()
    {
        _store.PurgePeople(contactsBefore: null, consentsBefore: null);

        Assert.That((Counts()["contacts"].Rows, Counts(isSet: false)["contacts"].Expired, _store.Consents.Of(s_ada).Count), Is.EqualTo((2, 0, 4)));
    }

    [Test]
    public void An_owners_records_are_bounded_and_a_repeated_event_adds_none()
    {
        for (var i = 0; i < ConsentTable.MaxOfOwner + 5; i++)
        {
            Add(s_ben, AddressKind.Email, Now + i, new Hash128(7, (ulong)i + 1));
            Add(s_ben, AddressKind.Email, Now + i, new Hash128(7, (ulong)i + 1));
        }

        var records = _store.Consents.Of(s_ben);
        Assert.That((records.Count, records[0].At), Is.EqualTo((ConsentTable.MaxOfOwner, Now + 5)));
    }

    Dictionary<string, RetentionCount> Counts(bool isSet = true)
    {
        var contact = JourneyFixture.Open();
        if (isSet)
        {
            contact.AddressRetention = contact.ConsentRetention = Duration.FromHours((10 * 24) - 1);
        }

        var options = new JourneyOptions(contact, TestCampaigns.Compile([]), JourneyFixture.Stores, new byte[32]);
        return RetentionCounts.Of(_store.Database.Path, "shop", options, Now).ToDictionary(count => count.Kind, StringComparer.Ordinal);
    }

    void SetContact(Hash128 owner, long at) =>
        _store.Customers.SetContact(owner, owner, "shop", new Recipient("a@b.example", null, null), zone: null, at, attributes: null, Standing.Server, network: 0);

    void Say(Hash128 owner, AddressKind kind, int daysAgo) => Add(owner, kind, Now - (daysAgo * JourneyFixture.Day), new Hash128((ulong)daysAgo, (ulong)kind));

    void Add(Hash128 owner, AddressKind kind, long at, Hash128 e) => _store.Consents.Add(
        owner, e, "shop", kind, new ConsentRecord(ConsentTable.ChannelOf(kind), Granted: true, at, at, long.MaxValue, Standing.Server, "api", null, null));
}
