use opencloud::body::File;
use opencloud_emulator::{Document, Mode, Operation, Sample, parameter_values};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The sample values of one operation, from the document.
#[derive(Debug, Clone, Copy)]
pub struct Samples {
    document: &'static Document,
    operation: &'static Operation,
    /// Whether a list is read from its beginning, and nothing is sent that a service would refuse.
    from_beginning: bool,
    /// Whether bodies hold what only the service sets.
    with_read_only: bool,
}

/// The bytes that stand for a file.
pub const FILE: &[u8] = b"\x89PNG\r\n\x1a\nsample";

impl Samples {
    /// The samples of an operation.
    pub fn new(operation: &'static Operation) -> Self {
        Self { document: Document::embedded(), operation, from_beginning: false, with_read_only: false }
    }

    /// The samples of an operation as a service takes them: without a place in a list.
    pub fn from_beginning(operation: &'static Operation) -> Self {
        Self { from_beginning: true, ..Self::new(operation) }
    }

    /// The samples of an operation with bodies in which everything is set that a type has.
    pub fn with_read_only(operation: &'static Operation) -> Self {
        Self { with_read_only: true, ..Self::new(operation) }
    }

    /// A page size that a short list needs several pages for.
    pub(crate) fn page_size(&self) -> u64 {
        10
    }

    /// The texts of a parameter: one, or for a list one for each item.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let parameter = self
            .operation
            .parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .unwrap_or_else(|| panic!("{} has no parameter {name}", self.operation.id));
        parameter_values(self.document, self.operation, parameter)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.texts(name).into_iter().next().unwrap_or_default()
    }

    /// The JSON body, of the schema that the document states first.
    pub fn body_value(&self) -> Value {
        let body =
            self.operation.body.as_ref().unwrap_or_else(|| panic!("{} has no body", self.operation.id));
        let media = body
            .content
            .iter()
            .find(|media| media.media_type.contains("json"))
            .or(body.content.first())
            .unwrap_or_else(|| panic!("the body of {} has no content", self.operation.id));
        if media.schema.as_object().is_some_and(serde_json::Map::is_empty) {
            // Any JSON will do. Roblox's own document lets only a text through.
            return Value::String("sample".to_owned());
        }
        let sample =
            if self.with_read_only { Sample::response(Mode::Full) } else { Sample::request(Mode::Full) };
        let mut body = sample.value(self.document, &media.schema);
        if self.from_beginning
            && self.operation.id == "assets.update"
            && let Some(asset) = body["request"].as_object_mut()
        {
            // The mask names what is set, and nothing else of an asset can be updated.
            asset.retain(|name, _| ["displayName", "description"].contains(&name.as_str()));
        }
        if self.from_beginning
            && let Some(body) = body.as_object_mut()
            && let Some(paging) = &self.operation.paging
        {
            for name in [&paging.token, &paging.size].into_iter().flatten() {
                body.remove(name);
            }
        }
        body
    }

    pub(crate) fn body<T: DeserializeOwned>(&self) -> T {
        self.decode("body", self.body_value())
    }

    pub(crate) fn part<T: DeserializeOwned>(&self, name: &str) -> T {
        self.decode(name, self.body_value()[name].clone())
    }

    pub(crate) fn part_text(&self, name: &str) -> String {
        self.part_texts(name).into_iter().next().unwrap_or_default()
    }

    pub(crate) fn part_texts(&self, name: &str) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        match &self.body_value()[name] {
            Value::Array(items) => items.iter().map(text).collect(),
            value => vec![text(value)],
        }
    }

    pub(crate) fn file(&self, name: &str) -> File {
        // A file that is called so is an asset's, and the sample of an asset is a model.
        let (extension, media_type) = match name {
            "fileContent" => ("rbxm", "model/x-rbxm"),
            _ => ("png", "image/png"),
        };
        File::new(FILE).name(format!("{name}.{extension}")).media_type(media_type)
    }

    pub(crate) fn raw(&self) -> File {
        File::new(FILE)
    }

    fn decode<T: DeserializeOwned>(&self, place: &str, value: Value) -> T {
        serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{}: {place}: {error}: {value}", self.operation.id))
    }
}
