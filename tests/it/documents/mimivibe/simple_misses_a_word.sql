-- expect: wrong a Thai word is not found inside a sentence, because nothing separates it from its neighbours
SELECT NOT to_tsvector('simple', 'ฉันจะได้งานใหม่ไหม') @@ plainto_tsquery('simple', 'งาน');
