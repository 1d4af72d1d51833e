using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Models;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The Open Inference Protocol v2, with a version whose scores are known.</summary>
[TestFixture]
sealed class InferenceApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _operator;
    string _version = null!;

    string Infer => $"/v2/models/purchase/versions/{_version}/infer";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync();
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
        var (version, _) = _engine.Host.ModelRegistry.Add(new NewModel(RegistryModels.Linear(2)), "cli");
        _version = version.Id.Split('@')[1];
        Assert.That((await ChangeAsync($"/v1/models/{version.Id}/load")).Json.GetProperty("state").GetString(), Is.EqualTo("loaded"));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task The_server_and_its_health_need_no_key()
    {
        var server = (await _engine.GetAsync("/v2", key: null)).Json;
        Assert.That((server.GetProperty("name").GetString(), server.GetProperty("extensions")[0].GetString()), Is.EqualTo(("cartrecovery", "binary_tensor_data")));
        Assert.That((await _engine.GetAsync("/v2/health/live", key: null)).Json.GetProperty("live").GetBoolean());
        Assert.That((await _engine.GetAsync("/v2/health/ready", key: null)).Json.GetProperty("ready").GetBoolean());
    }

    [Test]
    public async Task Metadata_names_inputs_outputs_and_versions()
    {
        var model = (await _engine.GetAsync($"/v2/models/purchase/versions/{_version[..6]}")).Json;
        Assert.That(model.GetProperty("inputs").GetRawText(), Is.EqualTo("""[{"name":"x","datatype":"FP32","shape":[-1,2]}]"""));
        Assert.That(model.GetProperty("outputs").GetRawText(), Is.EqualTo("""[{"name":"p","datatype":"FP32","shape":[-1,1]}]"""));
        Assert.That(model.GetProperty("versions").EnumerateArray().Select(version => version.GetString()), Does.Contain(_version));
        var champion = (await _engine.GetAsync("/v2/models/purchase")).Json;
        Assert.That(champion.GetProperty("inputs")[0].GetProperty("shape")[1].GetInt32(), Is.EqualTo(_engine.Host.Model.Features.Count));
        Assert.That((await _engine.GetAsync("/v2/models/purchase/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("FP32", "[[120.5,1],[0,2],[300,0]]")]
    [TestCase("FP64", "[120.5,1,0,2,300,0]")]
    public async Task Rows_are_scored_in_their_order(string type, string data)
    {
        var answer = await InferAsync($$"""{"id":"a7","inputs":[{"name":"x","shape":[3,2],"datatype":"{{type}}","data":{{data}}}]}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        Assert.That((answer.Json.GetProperty("model_name").GetString(), answer.Json.GetProperty("model_version").GetString(), answer.Json.GetProperty("id").GetString()),
            Is.EqualTo(("purchase", _version, "a7")));
        var output = answer.Json.GetProperty("outputs")[0];
        Assert.That(output.GetProperty("shape").GetRawText(), Is.EqualTo("[3,1]"));
        Assert.That(Data(output), Is.EqualTo(new[] { Expected(120.5f, 1), Expected(0, 2), Expected(300, 0) }).Within(1e-6));
    }

    [Test]
    public async Task Features_can_be_inputs_of_their_own()
    {
        var answer = await InferAsync("""
            {"inputs":[{"name":"item_count","shape":[2],"datatype":"INT64","data":[1,2]},{"name":"cart_value","shape":[2,1],"datatype":"FP32","data":[50,60]}],"outputs":[{"name":"p"}]}
            """);
        Assert.That(Data(answer.Json.GetProperty("outputs")[0]), Is.EqualTo(new[] { Expected(50, 1), Expected(60, 2) }).Within(1e-6), answer.Body);
    }

    [Test]
    public async Task Many_rows_are_the_same_as_one_at_a_time()
    {
        var rows = Enumerable.Range(0, 500).Select(i => (Value: i * 0.7f, Items: i % 5)).ToArray();
        var answer = await InferAsync($$"""{"inputs":[{"name":"x","shape":[500,2],"datatype":"FP32","data":[{{string.Join(',', rows.Select(row => FormattableString.Invariant($"{row.Value},{row.Items}")))}}]}]}""");
        Assert.That(Data(answer.Json.GetProperty("outputs")[0]), Is.EqualTo(rows.Select(row => Expected(row.Value, row.Items))).Within(1e-5));
    }

    [TestCase("FP32", 4)]
    [TestCase("FP64", 8)]
    [TestCase("INT64", 8)]
    public async Task Binary_tensors_go_both_ways(string type, int width)
    {
        float[] values = [100, 1, 200, 3];
        var binary = new byte[values.Length * width];
        for (var i = 0; i < values.Length; i++)
        {
            var element = binary.AsSpan(i * width);
            switch (type)
            {
                case "FP32": BinaryPrimitives.WriteSingleLittleEndian(element, values[i]); break;
                case "FP64": BinaryPrimitives.WriteDoubleLittleEndian(element, values[i]); break;
                default: BinaryPrimitives.WriteInt64LittleEndian(element, (long)values[i]); break;
            }
        }

        var json = Encoding.UTF8.GetBytes($$$"""
            {"inputs":[{"name":"x","shape":[2,2],"datatype":"{{{type}}}","parameters":{"binary_data_size":{{{binary.Length}}} }}],"outputs":[{"name":"p","parameters":{"binary_data":true}}]}
            """);
        using var request = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = new ByteArrayContent([.. json, .. binary]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");
        using var response = await _engine.Http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), Encoding.UTF8.GetString(body));
        var header = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), System.Globalization.CultureInfo.InvariantCulture);
        using var answer = JsonDocument.Parse(body.AsMemory(0, header));
        var output = answer.RootElement.GetProperty("outputs")[0];
        Assert.That((output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32(), body.Length - header), Is.EqualTo((8, 8)));
        Assert.That(new[] { BinaryPrimitives.ReadSingleLittleEndian(body.AsSpan(header)), BinaryPrimitives.ReadSingleLittleEndian(body.AsSpan(header + 4)) },
            Is.EqualTo(new[] { Expected(100, 1), Expected(200, 3) }).Within(1e-6));
    }

    [TestCase("{", "invalid_request")]
    [TestCase("""{"inputs":[]}""", "invalid_request")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","data":["a","b"]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2,3]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,null]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[1,2.5]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[9223372036854775807,2],"datatype":"FP32","data":[]}]}""", "too_many_rows")]
    [TestCase("""{"inputs":[{"name":"x","shape":[0,2],"datatype":"FP32","data":[]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"cart_value","shape":[1],"datatype":"FP32","data":[1]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"cart_value","shape":[1],"datatype":"FP32","data":[1]},{"name":"item_count","shape":[2],"datatype":"FP32","data":[1,2]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"cart_value","shape":[1],"datatype":"FP32","data":[1]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"y","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", "invalid_input")]
    [TestCase("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"q"}]}""", "unknown_output")]
    public async Task An_error_has_the_form_of_the_protocol(string body, string code)
    {
        var answer = await InferAsync(body);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest), answer.Body);
        Assert.That(answer.Json.GetProperty("error").GetString(), Does.StartWith($"{code}: ").And.EndWith("."));
    }

    [Test]
    public async Task A_version_that_is_not_loaded_is_not_ready()
    {
        var (other, _) = _engine.Host.ModelRegistry.Add(new NewModel(RegistryModels.Linear(9)), "cli");
        var path = $"/v2/models/purchase/versions/{other.Id.Split('@')[1]}";
        Assert.That((await _engine.GetAsync($"{path}/ready")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await _engine.PostAsync($"{path}/infer", """{"inputs":[]}""")).Json.GetProperty("error").GetString(), Does.StartWith("model_not_loaded: "));
        Assert.That((await _engine.GetAsync("/v2/models/none")).Json.GetProperty("error").GetString(), Does.StartWith("model_not_found: "));
        Assert.That((await _engine.GetAsync("/v2/models/purchase/versions/000000/ready")).Status, Is.EqualTo(HttpStatusCode.NotFound));

        await ChangeAsync($"/v1/models/{other.Id}/load");
        Assert.That((await _engine.GetAsync($"{path}/ready")).Json.GetProperty("ready").GetBoolean());
        Assert.That((await ChangeAsync($"/v1/models/{other.Id}/unload")).Json.GetProperty("state").GetString(), Is.EqualTo("available"));
        Assert.That((await _engine.GetAsync($"/v1/models/purchase@champion/status")).Json.GetProperty("state").GetString(), Is.EqualTo("serving"));
    }

    [Test]
    public async Task At_most_eight_versions_are_loaded()
    {
        var versions = Enumerable.Range(20, 8).Select(slope => _engine.Host.ModelRegistry.Add(new NewModel(RegistryModels.Linear(slope)), "cli").Version.Id).ToArray();
        foreach (var id in versions[..7])
        {
            Assert.That((await ChangeAsync($"/v1/models/{id}/load")).Status, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That((await ChangeAsync($"/v1/models/{versions[7]}/load")).Problem, Is.EqualTo((409, "too_many_models_loaded")));
        foreach (var id in versions[..7])
        {
            await ChangeAsync($"/v1/models/{id}/unload");
        }
    }

    static float Expected(float value, float items) => RegistryModels.Expected(2, value, items);

    static float[] Data(JsonElement output) => [.. output.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    Task<ApiAnswer> InferAsync(string body) => _engine.PostAsync(Infer, body);

    Task<ApiAnswer> ChangeAsync(string path) => _engine.AskAsync(HttpMethod.Post, path, content: null, key: null, _operator);
}
