using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>Stores templates and their versions. Every change and its audit entry are one transaction. Thread-safe.</summary>
/// <param name="database">The database.</param>
public sealed class TemplateStore(ControlDatabase database)
{
    /// <summary>Maximum number of templates of a store, of all stores, and of kept versions of each.</summary>
    public const int MaxPerStore = 200, MaxTemplates = 2_000, MaxVersions = 100;

    /// <summary>Maximum size of one definition, and of all together, in bytes. The directory keeps them in memory.</summary>
    public const int MaxBytes = 64 * 1024, MaxAllBytes = 4 << 20;

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    internal const string Topic = "templates";

    readonly AuditLog _audit = new(database);

    /// <summary>Creates a template, or adds a version. The new version is in force at once.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="definition">The texts. The caller has validated them.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="guarded">If campaigns need approval, those in force that name it, including those of the configuration file; <see langword="null"/> if they need none.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <exception cref="ControlRefusalException">The precondition fails, there are too many templates, or an approved campaign names it.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<Template> SetAsync(string store, string name, TemplateDefinition definition, FlagExpectation expected, IReadOnlyList<string>? guarded, string actor, string? address,
        CancellationToken cancellation = default)
    {
        var json = JsonSerializer.Serialize(definition, TemplateJson.Default.TemplateDefinition);
        var bytes = Encoding.UTF8.GetByteCount(json);
        return database.WriteAsync(async session =>
        {
            var former = await FindAsync(session, store, name);
            Check(expected, former?.Version);
            if (guarded is not null)
            {
                await TemplateUses.EnsureNotApprovedAsync(session, store, name, guarded);
            }

            var others = await session.NumberAsync($"""
                SELECT SUM(v.bytes) FROM templates t JOIN template_versions v ON v.store = t.store AND v.name = t.name AND v.number = t.number
                WHERE NOT (t.store = {store} AND t.name = {name})
                """) ?? 0;
            if (bytes > MaxBytes || others + bytes > MaxAllBytes
                || (former is null && (await session.NumberAsync($"SELECT COUNT(*) FROM templates WHERE store = {store}") >= MaxPerStore
                    || await session.NumberAsync($"SELECT COUNT(*) FROM templates") >= MaxTemplates)))
            {
                throw new ControlRefusalException(ControlRefusalException.TooManyTemplates,
                    $"A template has at most {MaxBytes} bytes, a store {MaxPerStore} templates, all stores {MaxTemplates} with {MaxAllBytes} bytes. Delete an unused one.");
            }

            var now = DateTimeOffset.FromUnixTimeMilliseconds(database.Time.GetUtcNow().ToUnixTimeMilliseconds());
            var template = new Template(store, name, definition, (former?.Number ?? 0) + 1, Guid.CreateVersion7().ToString("n"), now, actor);
            await session.RunAsync($"""
                INSERT INTO templates (store, name, number) VALUES ({store}, {name}, {template.Number})
                ON CONFLICT (store, name) DO UPDATE SET number = excluded.number
                """);
            await session.RunAsync($"""
                INSERT INTO template_versions (store, name, number, version, definition, bytes, created_at, created_by)
                VALUES ({store}, {name}, {template.Number}, {template.Version}, {json}, {bytes}, {now}, {actor})
                """);
            await session.RunAsync($"DELETE FROM template_versions WHERE store = {store} AND name = {name} AND number <= {template.Number - MaxVersions}");
            await RecordAsync(session, former is null ? "template.add" : "template.change", template, actor, address);
            return template;
        }, cancellation);
    }

    /// <summary>Deletes an unused template and its versions.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="expected">What must be there.</param>
    /// <param name="campaigns">The campaigns in force that name it, including those of the configuration file.</param>
    /// <param name="actor">Who asks, for the audit log.</param>
    /// <param name="address">Where the request comes from.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="ControlRefusalException">The precondition fails, or a campaign uses the template.</exception>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<bool> DeleteAsync(
        string store, string name, FlagExpectation expected, IReadOnlyList<string> campaigns, string actor, string? address, CancellationToken cancellation = default) =>
        database.WriteAsync(async session =>
        {
            if (await FindAsync(session, store, name) is not { } former)
            {
                return false;
            }

            Check(expected, former.Version);
            await TemplateUses.EnsureUnusedAsync(session, store, name, campaigns);
            await session.RunAsync($"DELETE FROM template_versions WHERE store = {store} AND name = {name}");
            await session.RunAsync($"DELETE FROM templates WHERE store = {store} AND name = {name}");
            await RecordAsync(session, "template.delete", former, actor, address);
            return true;
        }, cancellation);

    /// <summary>Lists a template's versions, the newest first.</summary>
    /// <exception cref="ControlDatabaseException">The database failed.</exception>
    public Task<List<Template>> VersionsAsync(string store, string name, CancellationToken cancellation = default) => database.ReadAsync(session => session.ListAsync(
        $"""
        SELECT store, name, definition, number, version, created_at, created_by FROM template_versions
        WHERE store = {store} AND name = {name} ORDER BY number DESC LIMIT {MaxVersions}
        """, Read), cancellation);

    /// <summary>Reads the current versions in a transaction, by store and name.</summary>
    internal static Task<List<Template>> ReadAsync(ControlSession session, SqlPart condition) => session.ListAsync(
        $"""
        SELECT t.store, t.name, v.definition, v.number, v.version, v.created_at, v.created_by
        FROM templates t JOIN template_versions v ON v.store = t.store AND v.name = t.name AND v.number = t.number WHERE {condition} ORDER BY t.store, t.name LIMIT {MaxTemplates}
        """, Read);

    static async Task<Template?> FindAsync(ControlSession session, string store, string name) =>
        (await ReadAsync(session, SqlPart.Of($"t.store = {store} AND t.name = {name}"))).FirstOrDefault();

    static Template Read(ControlRow row) => new(row.Text(0), row.Text(1), JsonSerializer.Deserialize(row.Text(2), TemplateJson.Default.TemplateDefinition)!, row.Number(3), row.Text(4),
        row.Time(5), row.Text(6));

    static void Check(FlagExpectation expected, string? present)
    {
        if (expected.IsNew && present is not null)
        {
            throw new ControlRefusalException(ControlRefusalException.TemplateExists, "There is a template of this name already. Change it, or choose another name.");
        }

        if ((expected.Version is not null && expected.Version != present) || (expected.MustExist && present is null))
        {
            throw new ControlRefusalException(ControlRefusalException.TemplateChanged, "The template was changed or deleted meanwhile. Read it again, and repeat your change with its ETag.");
        }
    }

    async Task RecordAsync(ControlSession session, string action, Template template, string actor, string? address)
    {
        await _audit.AppendAsync(session, new AuditEvent(actor, action, $"template:{template.Name}", template.Store,
            string.Create(CultureInfo.InvariantCulture, $$"""{"version":{{template.Number}}}"""))
        { Address = address });
        await session.MarkChangedAsync(Topic);
    }
}
