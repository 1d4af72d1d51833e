using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Models;

public sealed class ModelRegistryTests
{
    const string Cli = "cli";

    static readonly TimeSpan s_kept = TimeSpan.FromDays(90);

    Scratch _scratch = null!;
    ManualTime _time = null!;
    ModelRegistry _registry = null!;

    [SetUp]
    public void Open()
    {
        (_scratch, _time) = (new Scratch(), new ManualTime(1_780_000_000_000));
        _registry = Reopen();
    }

    [TearDown]
    public void Close() => _scratch.Dispose();

    [Test]
    public void A_version_is_named_by_the_hash_of_its_bytes_and_survives_a_restart()
    {
        var bytes = RegistryModels.Linear(1);
        var (added, isNew) = _registry.Add(new NewModel(bytes)
        {
            Metrics = new Dictionary<string, double> { ["auc"] = 0.71 },
            Window = new TrainingWindow(_time.GetUtcNow().AddDays(-7), _time.GetUtcNow()),
            DataHash = "d1",
            Licence = "CC0",
            Card = "# Card",
        }, Cli);

        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.That((isNew, added.Id), Is.EqualTo((true, $"purchase@{hash[..12]}")));
        var found = Reopen().Find($"purchase@{hash[..6]}");
        Assert.That(File.ReadAllBytes(found.ModelPath), Is.EqualTo(bytes));
        var manifest = found.Manifest;
        Assert.That((manifest.Hash, manifest.Size, manifest.Declared, manifest.Source, manifest.CreatedBy, manifest.CreatedAt),
            Is.EqualTo((hash, bytes.Length, "purchase@2", "upload", Cli, _time.GetUtcNow())));
        Assert.That((manifest.Metrics!["auc"], manifest.Window, manifest.DataHash, manifest.Licence, found.ReadCard()),
            Is.EqualTo((0.71, new TrainingWindow(_time.GetUtcNow().AddDays(-7), _time.GetUtcNow()), "d1", "CC0", "# Card")));
        Assert.That(manifest.Features, Is.EqualTo(RegistryModels.Features));
        Assert.That((manifest.Input.Name, manifest.Input.Datatype, manifest.Output.Name), Is.EqualTo(("x", "FP32", "p")));
        Assert.That((manifest.Input.Shape, manifest.Output.Shape), Is.EqualTo((new long[] { -1, 2 }, new long[] { -1, 1 })));
    }

    [Test]
    public void The_same_bytes_are_the_same_version_and_its_manifest_stays()
    {
        var (first, _) = Add(1);
        _time.Advance(TimeSpan.FromHours(1));
        var (second, isNew) = _registry.Add(new NewModel(RegistryModels.Linear(1)) { Licence = "other" }, "user:2");

        Assert.That((isNew, second.Id, second.Manifest.CreatedBy, second.Manifest.Licence), Is.EqualTo((false, first.Id, Cli, (string?)null)));
        Assert.That(_registry.List(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_second_file_that_declares_the_same_version_is_named_by_its_id()
    {
        var first = Configured(1);
        var second = Configured(2);
        Assert.That((first.Manifest.ServedAs, second.Manifest.ServedAs), Is.EqualTo(("purchase@2", second.Id)));
        Assert.That((Configured(1).Manifest.ServedAs, Reopen().Find(second.Id).Manifest.ServedAs), Is.EqualTo(("purchase@2", second.Id)));

        ModelVersion Configured(float slope) =>
            _registry.Add(new NewModel(RegistryModels.Linear(slope)) { Source = ModelManifest.ConfiguredSource }, Cli).Version;
    }

    [Test]
    public void Golden_rows_that_the_registry_makes_are_what_the_model_computes()
    {
        var golden = Add(3).Version.Manifest.Golden;

        Assert.That(golden, Has.Count.EqualTo(32));
        foreach (var row in golden.Where(row => row.Values.All(float.IsFinite)))
        {
            Assert.That(row.Score, Is.EqualTo(RegistryModels.Expected(3, row.Values[0], row.Values[1])).Within(1e-5));
        }

        Assert.That(golden.Select(row => row.Score).Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public void The_shipped_model_is_compiled_and_both_evaluators_reproduce_its_golden_rows()
    {
        var (version, _) = _registry.Add(new NewModel(RegistryModels.Shipped), Cli);
        using var model = _registry.Load(version);

        Assert.That((model.IsCompiled, model.Id), Is.EqualTo((true, version.Id)));
        ModelCheck.Compare(version.Id, model, version.Manifest.Golden);
        var wrong = version.Manifest.Golden.Select((row, i) => i == 7 ? row with { Score = row.Score + 0.001f } : row).ToList();
        Assert.That(() => ModelCheck.Compare(version.Id, model, wrong), Refused(ModelRegistryException.GoldenMismatch, "compiled trees scores golden row 7"));
    }

    [Test]
    public void A_model_whose_trainer_expects_other_scores_is_refused_and_leaves_nothing()
    {
        GoldenRow[] right = [new([100, 1], RegistryModels.Expected(2, 100, 1))], wrong = [new([100, 1], 0.4f)], narrow = [new([1], 0.5f)];

        Assert.That(() => _registry.Add(new NewModel(RegistryModels.Linear(2)) { Golden = wrong }, Cli), Refused(ModelRegistryException.GoldenMismatch, "golden row 0"));
        Assert.That(() => _registry.Add(new NewModel(RegistryModels.Linear(2)) { Golden = narrow }, Cli), Refused(ModelRegistryException.InvalidManifest, "2 values a row"));
        Assert.That(_registry.List(), Is.Empty);
        Assert.That(_registry.Add(new NewModel(RegistryModels.Linear(2)) { Golden = right }, Cli).Version.Manifest.Golden, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_version_whose_scores_are_not_those_registered_cannot_serve()
    {
        var (version, _) = Add(2);
        var manifest = Path.Combine(version.Folder, "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["golden"]![5]!["score"] = 0.123;
        File.WriteAllText(manifest, json.ToJsonString());

        Assert.That(() => Reopen().Move(new ModelMove("purchase", "champion", version.Id, Cli, "")), Refused(ModelRegistryException.GoldenMismatch, "cannot serve"));
        Assert.That(_registry.Aliases("purchase"), Is.Empty);
    }

    [Test]
    public void An_alias_moves_only_from_the_version_that_is_expected()
    {
        var (a, b, c) = (Add(1).Version, Add(2).Version, Add(3).Version);
        Move("champion", a, expected: "");
        Assert.That(() => Move("champion", b, expected: ""), Refused(ModelRegistryException.AliasMoved, a.Id));
        Move("champion", b, expected: a.Id, why: "better");
        Assert.That(() => Move("champion", c, expected: a.Id), Refused(ModelRegistryException.AliasMoved, b.Id));
        Assert.That(Move("champion", b), Is.Null, "it is there already");

        Assert.That(Reopen().Find("purchase@champion").Id, Is.EqualTo(b.Id));
        var history = _registry.History("purchase");
        Assert.That(history.Select(change => (change.Number, change.From, change.To, change.By, change.Why)),
            Is.EqualTo(new[] { (2L, (string?)a.Id, (string?)b.Id, Cli, "better"), (1L, null, a.Id, Cli, "") }));
    }

    [Test]
    public async Task Of_many_processes_that_move_an_alias_from_the_same_version_one_succeeds()
    {
        var versions = Enumerable.Range(1, 6).Select(slope => Add(slope).Version).ToArray();
        Move("canary", versions[0]);

        var outcomes = await Task.WhenAll(versions[1..].Select(version => Task.Run(() =>
        {
            try
            {
                return Reopen().Move(new ModelMove("purchase", "canary", version.Id, Cli, "") { Expected = versions[0].Id }) is not null;
            }
            catch (ModelRegistryException e) when (e.Code == ModelRegistryException.AliasMoved)
            {
                return false;
            }
        })));

        Assert.That(outcomes.Count(succeeded => succeeded), Is.EqualTo(1));
        Assert.That(_registry.History("purchase"), Has.Count.EqualTo(2));
    }

    [Test]
    public void Rollbacks_go_back_further_and_skip_what_was_deleted()
    {
        var versions = Enumerable.Range(1, 4).Select(slope => Add(slope).Version).ToArray();
        foreach (var version in versions)
        {
            Move("champion", version);
        }

        Assert.That(RollBack(), Is.EqualTo(versions[2].Id));
        _time.Advance(s_kept);
        _registry.Delete(versions[1].Id, s_kept);
        Assert.That(RollBack(), Is.EqualTo(versions[0].Id));
        Assert.That(() => RollBack(), Refused(ModelRegistryException.NothingBefore, "no earlier version"));

        string RollBack()
        {
            var previous = _registry.Previous("purchase", "champion");
            _registry.Move(new ModelMove("purchase", "champion", previous.Id, Cli, "") { IsRollback = true });
            return previous.Id;
        }
    }

    [Test]
    public void What_something_names_is_not_deleted()
    {
        var (a, b) = (Add(1).Version, Add(2).Version);
        var (child, _) = _registry.Add(new NewModel(RegistryModels.Linear(3)) { Parent = b.Id }, Cli);
        Move("mine", a);
        Assert.That(() => _registry.Delete(a.Id, s_kept), Refused(ModelRegistryException.InUse, "purchase@mine"));
        Assert.That(() => _registry.Delete(b.Id, s_kept), Refused(ModelRegistryException.IsParent, child.Id));
        Move("champion", a);
        Move("champion", child);
        _registry.Move(new ModelMove("purchase", "mine", Version: null, Cli, "done"));
        Assert.That(() => _registry.Delete(a.Id, s_kept), Refused(ModelRegistryException.HasDecisions, "are kept until"));
        _time.Advance(s_kept);
        _registry.Delete(a.Id, s_kept);

        Assert.That(_registry.List("purchase").Select(version => version.Id), Is.EquivalentTo(new[] { b.Id, child.Id }));
        Assert.That(() => Move("champion", a), Refused(ModelRegistryException.NotFound, "no version"));
        Assert.That(() => _registry.Move(new ModelMove("purchase", "champion", Version: null, Cli, "")), Refused(ModelRegistryException.AliasNeeded, "cannot be removed"));
    }

    [Test]
    public void A_damaged_or_foreign_folder_costs_only_itself()
    {
        var (good, truncated, garbled, newer) = (Add(1).Version, Add(2).Version, Add(3).Version, Add(4).Version);
        using (var file = File.OpenWrite(truncated.ModelPath))
        {
            file.SetLength(20);
        }

        File.WriteAllText(Path.Combine(garbled.Folder, "manifest.json"), "{");
        var manifest = Path.Combine(newer.Folder, "manifest.json");
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"format\": 1", "\"format\": 9", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(_scratch.PathOf("models"), "purchase", "holiday-photos"));
        File.WriteAllText(Path.Combine(_scratch.PathOf("models"), "readme.txt"), "hello");

        var opened = Reopen();
        var problems = opened.List().ToDictionary(version => version.Id, version => version.Problem);
        Assert.That(problems, Has.Count.EqualTo(5));
        Assert.That(problems[good.Id], Is.Null);
        Assert.That(problems[truncated.Id], Does.Contain("20 bytes instead of"));
        Assert.That(problems[garbled.Id], Does.Contain("manifest.json cannot be read"));
        Assert.That(problems[newer.Id], Does.Contain("a newer version of CartRecovery wrote it"));
        Assert.That(problems["purchase@holiday-photos"], Does.Contain("not a version's folder"));
        Assert.That(() => opened.Move(new ModelMove("purchase", "champion", garbled.Id, Cli, "")), Refused(ModelRegistryException.Damaged, "manifest.json"));
        opened.Load(opened.Find(good.Id)).Dispose();
        Assert.That(opened.Add(new NewModel(RegistryModels.Linear(3)), Cli).IsNew, "registering the bytes again repairs it");
        Assert.That(opened.Find(garbled.Id).Problem, Is.Null);
    }

    [Test]
    public void A_changed_model_file_is_noticed_before_it_serves()
    {
        var (version, _) = Add(1);
        var bytes = File.ReadAllBytes(version.ModelPath);
        bytes[^3] ^= 1;
        File.WriteAllBytes(version.ModelPath, bytes);

        Assert.That(() => Reopen().Load(Reopen().Find(version.Id)), Refused(ModelRegistryException.Damaged, "not the file that was registered"));
    }

    [Test]
    public void What_a_crash_left_is_removed()
    {
        var (version, _) = Add(1);
        var draft = version.Folder.Replace(version.Manifest.Hash, new string('a', 64) + ".tmp", StringComparison.Ordinal);
        Directory.CreateDirectory(draft);
        File.WriteAllText(Path.Combine(draft, "model.onnx"), "half");
        File.WriteAllText(Path.Combine(_scratch.PathOf("models"), "b.tmp"), "half");
        File.SetLastWriteTimeUtc(Path.Combine(_scratch.PathOf("models"), "b.tmp"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.WriteAllText(Path.Combine(_scratch.PathOf("models"), "c.tmp"), "another process checks it");

        var opened = Reopen();
        Assert.That((Directory.Exists(draft), File.Exists(Path.Combine(_scratch.PathOf("models"), "b.tmp"))), Is.EqualTo((false, false)));
        Assert.That(File.Exists(Path.Combine(_scratch.PathOf("models"), "c.tmp")));
        Assert.That(opened.List().Single().Id, Is.EqualTo(version.Id));
    }

    [TestCase("golden")]
    [TestCase("features")]
    public void A_null_in_a_manifest_is_damage_of_its_version_alone(string list)
    {
        var (good, bad) = (Add(1).Version, Add(2).Version);
        var manifest = Path.Combine(bad.Folder, "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json[list] = new JsonArray((JsonNode?)null);
        File.WriteAllText(manifest, json.ToJsonString());

        var opened = Reopen();
        Assert.That(opened.Find(bad.Id).Problem, Does.StartWith("manifest.json"));
        Assert.That(opened.Find(good.Id).Problem, Is.Null);
        Assert.That(opened.Add(new NewModel(RegistryModels.Linear(2)), Cli).Version.Problem, Is.Null);
    }

    [Test]
    public void A_null_in_the_aliases_is_damage_of_the_aliases()
    {
        var version = Add(1).Version;
        Move("champion", version);
        File.WriteAllText(Path.Combine(_scratch.PathOf("models"), "purchase", "aliases.json"),
            """{"format":1,"moves":1,"aliases":[null],"history":[],"servedUntil":{}}""");

        Assert.That(() => _registry.Find("purchase@champion"), Refused(ModelRegistryException.Damaged, "null in a list"));
        Assert.That(_registry.Find(version.Id).Problem, Is.Null);
    }

    [Test]
    public void Registering_again_repairs_changed_bytes_and_keeps_what_describes_them()
    {
        GoldenRow[] golden = [new([100, 1], RegistryModels.Expected(1, 100, 1))];
        var (version, _) = _registry.Add(new NewModel(RegistryModels.Linear(1)) { Golden = golden, Card = "# Card", Licence = "CC0" }, Cli);
        var bytes = File.ReadAllBytes(version.ModelPath);
        bytes[^3] ^= 1;
        File.WriteAllBytes(version.ModelPath, bytes);

        var (repaired, isNew) = Reopen().Add(new NewModel(RegistryModels.Linear(1)), "user:2");
        Assert.That((isNew, repaired.Manifest.CreatedBy, repaired.Manifest.Licence, repaired.Manifest.Golden.Count, repaired.ReadCard()),
            Is.EqualTo((true, Cli, "CC0", 1, "# Card")));
        Reopen().Load(repaired).Dispose();
    }

    [Test]
    public void Registering_again_repairs_golden_rows_that_the_bytes_do_not_reproduce()
    {
        var (version, _) = Add(2);
        var manifest = Path.Combine(version.Folder, "manifest.json");
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json["golden"]![5]!["score"] = 0.123;
        File.WriteAllText(manifest, json.ToJsonString());

        var opened = Reopen();
        Assert.That(opened.Add(new NewModel(RegistryModels.Linear(2)), Cli).IsNew);
        opened.Load(opened.Find(version.Id)).Dispose();
    }

    [Test]
    public void A_folder_that_cannot_be_used_yet_is_used_when_it_can_be()
    {
        var folder = _scratch.PathOf("later");
        File.WriteAllText(folder, "no folder");
        var registry = new ModelRegistry(folder, FeatureTable.Names, _time);
        Assert.That((registry.List().Count, registry.Names.Count), Is.EqualTo((0, 0)));
        Assert.That(() => registry.Add(new NewModel(RegistryModels.Linear(1)), Cli), Throws.InstanceOf<IOException>());

        File.Delete(folder);
        Assert.That(registry.Add(new NewModel(RegistryModels.Linear(1)), Cli).IsNew);
    }

    [Test]
    public void What_an_alias_is_expected_to_name_may_be_said_by_few_digits_or_by_an_alias()
    {
        var (a, b, c) = (Add(1).Version, Add(2).Version, Add(3).Version);
        Move("champion", a);
        Move("v0", a);
        Move("champion", b, expected: $"purchase@{a.Manifest.Hash[..6]}");
        Assert.That(() => Move("champion", c, expected: "purchase@v0"), Refused(ModelRegistryException.AliasMoved, b.Id));
        Move("v0", b);
        Assert.That(Move("champion", c, expected: "purchase@v0"), Is.Not.Null);
    }

    [TestCase("facade", false)]
    [TestCase("face", true)]
    [TestCase("facades", true)]
    public void An_alias_is_never_like_the_beginning_of_a_hash(string alias, bool isAllowed)
    {
        var version = Add(1).Version;
        Assert.That(() => Move(alias, version), isAllowed ? Throws.Nothing : Refused(ModelRegistryException.InvalidAlias, "beginning of a hash"));
    }

    [Test]
    public void Models_that_the_engine_cannot_use_are_refused_with_a_reason()
    {
        Assert.That(() => _registry.Add(new NewModel("no model"u8.ToArray()), Cli), Throws.InstanceOf<ModelException>()
            .With.Property("Code").EqualTo(ModelException.Unreadable).And.Message.StartsWith("The model cannot be loaded"));
        Assert.That(() => _registry.Add(new NewModel(RegistryModels.Linear(1, features: "cart_value,itemcount")), Cli),
            Throws.InstanceOf<ModelException>().With.Message.Contains("Did it mean 'item_count'?"));
        Assert.That(() => _registry.Add(new NewModel(default), Cli), Refused(ModelRegistryException.TooLarge, "0 bytes"));
        Assert.That(() => _registry.Add(new NewModel(RegistryModels.Linear(1)) { Name = "../up" }, Cli), Refused(ModelRegistryException.InvalidManifest, "name"));
        Assert.That(() => _registry.Add(new NewModel(RegistryModels.Linear(1)) { Parent = "purchase@123456" }, Cli), Refused(ModelRegistryException.NotFound, "purchase"));
        Assert.That(_registry.List(), Is.Empty);
    }

    [TestCase("My model/2", "My-model-2")]
    [TestCase("../../etc", "etc")]
    [TestCase("…", "model")]
    [TestCase("lock", "model")]
    [TestCase("x.tmp", "model")]
    public void A_declared_name_becomes_a_name_of_a_folder(string declared, string name)
    {
        Assert.That(ModelName.Of(declared), Is.EqualTo(name));
        Assert.That(ModelName.IsValid(declared), Is.False);
        Assert.That(_registry.Add(new NewModel(RegistryModels.Linear(1, declared)), Cli).Version.Id, Does.StartWith($"{name}@"));
    }

    [TestCase("purchase")]
    [TestCase("@3f2a9b")]
    [TestCase("purchase@")]
    public void A_text_that_is_no_id_is_refused(string id) => Assert.That(() => _registry.Find(id), Refused(ModelRegistryException.InvalidId, "expected NAME@HASH"));

    [Test]
    public void Damaged_aliases_are_reported_and_leave_the_versions()
    {
        var (version, _) = Add(1);
        Move("champion", version);
        File.WriteAllText(Path.Combine(_scratch.PathOf("models"), "purchase", "aliases.json"), "[]");

        Assert.That(() => Reopen().Aliases("purchase"), Refused(ModelRegistryException.Damaged, "aliases.json cannot be read"));
        Assert.That(Reopen().Find(version.Id).Problem, Is.Null);
    }

    [Test]
    public void A_difference_names_features_metrics_and_how_scores_move()
    {
        var a = _registry.Add(new NewModel(RegistryModels.Linear(1)) { Metrics = new Dictionary<string, double> { ["auc"] = 0.7 } }, Cli).Version;
        var b = _registry.Add(new NewModel(RegistryModels.Linear(4, features: "cart_value,hour_of_day")) { Metrics = new Dictionary<string, double> { ["auc"] = 0.8, ["ap"] = 0.2 } }, Cli).Version;

        var same = ModelDifference.Between(_registry, a, a);
        Assert.That((same.MeanChange, same.MaxChange), Is.EqualTo((0.0, 0.0)));
        Assert.That(same.Correlation, Is.EqualTo(1).Within(1e-9));
        var other = ModelDifference.Between(_registry, a, b);
        Assert.That((other.AddedFeatures.Single(), other.RemovedFeatures.Single(), other.Rows), Is.EqualTo(("hour_of_day", "item_count", 64)));
        Assert.That((other.Metrics["auc"], other.Metrics["ap"]), Is.EqualTo((new double?[] { 0.7, 0.8 }, new double?[] { null, 0.2 })));
        Assert.That((other.MaxChange > 0, other.Correlation < 1), Is.EqualTo((true, true)));
    }

    ModelRegistry Reopen() => new(_scratch.PathOf("models"), FeatureTable.Names, _time);

    (ModelVersion Version, bool IsNew) Add(float slope) => _registry.Add(new NewModel(RegistryModels.Linear(slope)), Cli);

    ModelAliasChange? Move(string alias, ModelVersion version, string? expected = null, string why = "") =>
        _registry.Move(new ModelMove("purchase", alias, version.Id, Cli, why) { Expected = expected });

    static NUnit.Framework.Constraints.Constraint Refused(string code, string text) =>
        Throws.InstanceOf<ModelRegistryException>().With.Property("Code").EqualTo(code).And.Message.Contains(text);
}
